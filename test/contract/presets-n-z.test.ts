import { describePresets } from './describe-preset.ts'

describePresets((id) => id >= 'n')
