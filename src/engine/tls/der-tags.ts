/** Tag octets of ASN.1's universal types as DER writes them (ITU-T X.690). */
export const BOOLEAN = 0x01
export const INTEGER = 0x02
export const BITS = 0x03
export const OCTETS = 0x04
export const NOTHING = 0x05
export const OBJECT_ID = 0x06
export const ENUMERATED = 0x0a
export const UTF8_STRING = 0x0c
export const T61_STRING = 0x14
export const UTC_TIME = 0x17
export const GENERALIZED_TIME = 0x18
export const BMP_STRING = 0x1e
export const SEQUENCE = 0x30
export const SET = 0x31
