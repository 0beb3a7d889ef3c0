import { describePreset } from './describe-preset.ts'
import { installations } from './dialects/installations.ts'

for (const [id, difference, dialect] of installations) {
  describePreset(id, dialect, `${id} ${difference}`)
}
