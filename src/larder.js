#!/usr/bin/env node
// The entry, in JavaScript that every Node parses: an older one cannot even read main.ts, and rejects
// options that it does not know with "bad option".

// Before anything else: without a listener, Node answers this signal by opening its inspector.
process.on('SIGUSR1', () => {})

const OLDEST = 24

if (Number(process.versions.node.split('.')[0]) < OLDEST) {
  process.stderr.write(
    `larder: error: Node ${OLDEST} or later is needed, and this is Node ${process.versions.node}\n` +
      'larder: hint: "node --version" shows which one is found first; see docs/running.md\n',
  )
  process.exitCode = 78
} else {
  void import('./main.ts')
}
