import * as z from 'zod'
import { flag, text } from '../../../schema/scalars.ts'
import { defineProvider } from './definition.ts'

const file = z
  .strictObject({
    directory: text().optional().describe('Folder whose files are read; wins over `filename`.'),
    watch: flag().default(true).describe('Follow changes.'),
    filename: text().optional().describe('File that is read.'),
    debugLogGeneratedTemplate: flag().optional().describe('Log the text after templating.'),
  })
  .meta({ typeName: '*file.Provider' })

/** Files. */
export const fileProvider = defineProvider({
  goName: 'File',
  schema: file.optional().describe('Files.'),
})
