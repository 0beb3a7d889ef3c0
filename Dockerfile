# The base is an argument, so that a mirror or a pinned digest can stand in for it.
ARG BASE=node:24-bookworm-slim

FROM ${BASE} AS build
WORKDIR /build
COPY package.json package-lock.json ./
# No install script runs: better-sqlite3 carries its binary, and the build needs no other.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY migrations migrations
COPY src src
COPY tools tools
RUN node tools/build.ts

FROM ${BASE} AS program
WORKDIR /opt/larder
COPY package.json LICENSE ./
COPY --from=build /build/dist dist
# The only package outside of the built program, with its binaries for Linux on this processor.
COPY --from=build /build/node_modules/better-sqlite3 /tmp/better-sqlite3
RUN set -eu; from=/tmp/better-sqlite3; to=node_modules/better-sqlite3; \
    install -d "$to/prebuilds"; \
    cp -r "$from/package.json" "$from/LICENSE" "$from/lib" "$to"; \
    cp "$from"/prebuilds/linux*-"$(node -p process.arch)".node "$to/prebuilds"
# Tells the program that it is inside the image: keys are never made in here, and its paths are the
# image's. The cache belongs to the user that will use it: node keeps one for each.
RUN touch IMAGE && install -d -o 1000 -g 1000 .compile-cache
COPY tools/warm-cache.ts /tmp/
USER 1000:1000
RUN node /tmp/warm-cache.ts dist/larder.cjs .compile-cache && chmod -R a+rX .compile-cache

FROM ${BASE}
ENV NODE_ENV=production NODE_COMPILE_CACHE=/opt/larder/.compile-cache
# How many MiB young and old objects may take. An operator may replace it: docs/running.md.
ENV NODE_OPTIONS="--max-semi-space-size=2 --max-old-space-size=128"
# Owned by root: the program cannot change itself.
COPY --from=program --chown=0:0 /opt/larder /opt/larder
RUN ln -s /opt/larder/dist/larder.cjs /usr/local/bin/larder \
 && install -d -m 0755 /etc/larder /run/secrets \
 && install -d -m 0700 -o 1000 -g 1000 /data
WORKDIR /data
USER 1000:1000
VOLUME /data
# The public listener alone: `docker run -P` would publish whatever stands here.
EXPOSE 7421
HEALTHCHECK --interval=15s --timeout=10s --start-period=30s --retries=3 \
  CMD ["larder", "healthcheck"]
# It handles signals itself and waits for the processes that it starts, so it may be the first one.
ENTRYPOINT ["node", "/opt/larder/dist/larder.cjs"]
CMD ["serve"]
