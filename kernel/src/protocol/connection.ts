// The connection file that Jupyter hands to a kernel.
import { readFileSync } from 'node:fs'

export interface Connection {
  transport: string
  ip: string
  key: string
  signature_scheme: string
  shell_port: number
  iopub_port: number
  stdin_port: number
  control_port: number
  hb_port: number
}

/** @throws Error naming the file and the field that is missing or of the wrong type */
export function readConnection(file: string): Connection {
  let value: Record<string, unknown>
  try {
    value = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
  } catch (error) {
    throw new Error(`connection file ${file} cannot be read: ${(error as Error).message}`)
  }
  for (const field of ['transport', 'ip', 'key', 'signature_scheme']) {
    if (typeof value[field] !== 'string') throw new Error(`connection file ${file}: "${field}" must be a string`)
  }
  for (const field of ['shell_port', 'iopub_port', 'stdin_port', 'control_port', 'hb_port']) {
    if (!Number.isInteger(value[field])) throw new Error(`connection file ${file}: "${field}" must be a port number`)
  }
  return value as unknown as Connection
}

export function address(connection: Connection, port: number): string {
  const separator = connection.transport === 'tcp' ? ':' : '-'
  return `${connection.transport}://${connection.ip}${separator}${port}`
}
