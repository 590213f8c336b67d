/**
 * What the service sends, as far as the pages read it. Nothing here runs; `tsc` reads it.
 *
 * @typedef {Record<string, string>} Texts language → text; a language may be missing
 *
 * @typedef {object} Spoken
 * @property {string} language
 * @property {string} text
 * @property {string} short
 *
 * @typedef {object} Call
 * @property {number} entry_id
 * @property {string} number
 * @property {string} desk
 * @property {string | null} zone
 * @property {string} stage
 * @property {string} called_at
 * @property {boolean} recall
 * @property {boolean} current
 * @property {Spoken | null} spoken of a current call
 *
 * @typedef {object} Estimate
 * @property {number} p50_s
 * @property {number} p90_s
 *
 * @typedef {"open" | "closed" | "suspended" | "full"} ServiceStatus
 *
 * @typedef {object} Queue
 * @property {string} service
 * @property {number} waiting
 * @property {Estimate | null} estimate
 * @property {"quiet" | "busy" | "crowded"} lamp
 * @property {ServiceStatus} status
 * @property {Texts | null} message
 * @property {string | null} hours today's, like "09:00-12:00,13:00-16:30"; "" closed today; null always open
 * @property {string | null} opens_at when it opens again today
 *
 * @typedef {"open" | "break" | "closed"} DeskStatus
 *
 * @typedef {object} DeskLine
 * @property {string} desk
 * @property {DeskStatus} status
 * @property {string[]} services
 * @property {string | null} number
 *
 * @typedef {object} Board
 * @property {string} office
 * @property {number} version of the office definition
 * @property {number} as_of
 * @property {string} at
 * @property {Call[]} calls
 * @property {string[]} ready
 * @property {Queue[]} queues
 * @property {DeskLine[]} desks
 * @property {Texts | null} notice
 *
 * @typedef {object} Item
 * @property {string} procedure
 * @property {number} quantity
 *
 * @typedef {object} Ticket
 * @property {string} id
 * @property {string} office
 * @property {string} number
 * @property {string} service
 * @property {string[]} then
 * @property {string} state
 * @property {string} stage
 * @property {string[]} stages
 * @property {string[] | null} allowed
 * @property {string} priority
 * @property {string[]} needs
 * @property {string} channel
 * @property {string} language
 * @property {Item[]} items
 * @property {string} business_date
 * @property {string | null} booked_for
 * @property {string} issued_at
 * @property {string | null} arrived_at
 * @property {string | null} called_at
 * @property {string | null} started_at
 * @property {string | null} finished_at
 * @property {string | null} desk
 * @property {number} calls
 * @property {number | null} people_ahead
 * @property {Estimate | null} estimate
 * @property {number} entry_id
 *
 * @typedef {object} Procedure
 * @property {string} id
 * @property {Texts} name
 * @property {Record<string, {fee: number | null}>} channels
 *
 * @typedef {object} ServiceSign
 * @property {string} id
 * @property {Texts} name on the ticket machine and at the desk
 * @property {Texts} label on screens that everyone sees: neutral where the service is sensitive
 * @property {string | null} section
 * @property {string} prefix
 * @property {string[]} stages
 * @property {Texts} bring
 * @property {boolean} ask_procedure
 * @property {Procedure[]} procedures
 *
 * @typedef {object} DeskSign
 * @property {string} id
 * @property {Texts} name
 * @property {string | null} zone
 * @property {string[]} services
 * @property {string[]} stages
 *
 * @typedef {object} Signs
 * @property {string} office
 * @property {Texts} name
 * @property {string} timezone
 * @property {number} version
 * @property {string[]} languages
 * @property {string[]} zones
 * @property {string[]} priorities
 * @property {Texts[]} slides
 * @property {boolean} phones whether visitors' phones reach the service
 * @property {ServiceSign[]} services
 * @property {DeskSign[]} desks
 */
export {};
