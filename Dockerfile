# The base is an argument, so that a mirror or a pinned digest can stand in for it.
ARG BASE=node:24-bookworm-slim

FROM ${BASE} AS dependencies
WORKDIR /opt/larder
COPY package.json package-lock.json ./
# No install script runs: better-sqlite3 carries its binary, and nothing else needs one.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM ${BASE} AS program
WORKDIR /opt/larder
COPY --from=dependencies /opt/larder/node_modules node_modules
COPY package.json LICENSE ./
COPY migrations migrations
COPY src src
# Tells the program that it is inside the image: keys are never made in here, and its paths are the
# image's. The cache belongs to the user that will use it: node keeps one for each.
RUN touch IMAGE && install -d -o 1000 -g 1000 .compile-cache
# One start and stop with keys that nobody sees fills the cache of compiled code.
USER 1000:1000
RUN set -eu; \
    export NODE_COMPILE_CACHE=/opt/larder/.compile-cache; \
    export LARDER_DATA_DIR=/tmp/warm/data; \
    export LARDER_LISTEN=unix:/tmp/warm/private.sock LARDER_PUBLIC_LISTEN=unix:/tmp/warm/public.sock; \
    mkdir /tmp/warm; \
    LARDER_MASTER_KEY=$(node src/main.ts master-key new) LARDER_API_KEY=$(node src/main.ts keys new) \
      node --disable-sigusr1 src/main.ts serve & daemon=$!; \
    tries=0; until node src/main.ts healthcheck 2>/dev/null; do \
      tries=$((tries + 1)); [ "$tries" -lt 60 ] || exit 1; sleep 0.5; \
    done; \
    kill "$daemon"; wait "$daemon"; rm -rf /tmp/warm; \
    chmod -R a+rX "$NODE_COMPILE_CACHE"

FROM ${BASE}
ENV NODE_ENV=production NODE_COMPILE_CACHE=/opt/larder/.compile-cache
# Owned by root: the program cannot change itself.
COPY --from=program --chown=0:0 /opt/larder /opt/larder
RUN ln -s /opt/larder/src/larder.js /usr/local/bin/larder \
 && install -d -m 0755 /etc/larder /run/secrets \
 && install -d -m 0700 -o 1000 -g 1000 /data
WORKDIR /data
USER 1000:1000
VOLUME /data
# The public listener alone: `docker run -P` would publish whatever stands here.
EXPOSE 7421
HEALTHCHECK --interval=15s --timeout=10s --start-period=30s --retries=3 \
  CMD ["node", "/opt/larder/src/main.ts", "healthcheck"]
# It handles signals itself and starts no other processes, so it may be the first one.
ENTRYPOINT ["node", "/opt/larder/src/larder.js"]
CMD ["serve"]
