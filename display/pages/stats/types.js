/**
 * What the statistics page knows. Nothing here runs; `tsc` reads it.
 *
 * @typedef {object} Counts null: an imported log cannot tell
 * @property {number} arrivals
 * @property {number | null} refused
 * @property {number | null} called
 * @property {number | null} served
 * @property {number | null} served_within a quarter of an hour
 * @property {number | null} finished
 * @property {number | null} no_show
 * @property {number | null} cancelled
 * @property {number | null} expired
 *
 * @typedef {object} Times seconds; null where nobody was
 * @property {number | null} wait_to_call_mean_s
 * @property {number | null} wait_to_call_p50_s
 * @property {number | null} wait_to_call_p90_s
 * @property {number | null} wait_p50_s
 * @property {number | null} wait_p90_s
 * @property {number | null} service_p50_s
 * @property {number | null} service_p90_s
 * @property {number | null} handover_wait_p50_s
 * @property {number | null} handover_wait_p90_s
 * @property {number | null} time_in_system_p50_s
 * @property {number | null} time_in_system_p90_s
 *
 * @typedef {object} Where where a row stands; the last four only where it was asked for
 * @property {string} start
 * @property {string} end
 * @property {string} service "*" is the whole office
 * @property {string} [time]
 * @property {string} [weekday]
 * @property {string | null} [section]
 * @property {string | null} [desk]
 *
 * @typedef {Where & Counts & Times} Row
 *
 * @typedef {object} OfStage
 * @property {string} stage
 * @property {number} visits
 * @property {number | null} called null: without the visitor
 * @property {number} handled
 * @property {number | null} stage_wait_mean_s
 * @property {number | null} stage_wait_p50_s
 * @property {number | null} stage_wait_p90_s
 * @property {number | null} stage_time_mean_s
 * @property {number | null} stage_time_p50_s
 * @property {number | null} stage_time_p90_s
 *
 * @typedef {Where & OfStage} StageRow
 *
 * @typedef {object} Lengths null: not known yet, or nobody had a hand-over
 * @property {number | null} queue_mean
 * @property {number | null} queue_max
 * @property {number | null} handover_queue_mean
 * @property {number | null} handover_queue_max
 *
 * @typedef {Where & Lengths} LineRow
 *
 * @typedef {{date: string, text: import("../house/types.js").Texts}} Note
 *
 * @typedef {object} Quality visits; null: none was recorded here, and imported logs do not tell
 * @property {number} known_for
 * @property {number | null} implied_starts
 * @property {number | null} forgotten_finishes
 * @property {number | null} with_items
 *
 * @typedef {object} Answer
 * @property {string} office
 * @property {string} from
 * @property {string} to
 * @property {string} bin
 * @property {number} n
 * @property {string[]} missing_days
 * @property {Quality} quality
 * @property {number} as_of
 * @property {Note[]} notes what happened on these dates
 * @property {Row[]} rows
 *
 * @typedef {Omit<Answer, "rows"> & {rows: StageRow[]}} StageAnswer
 * @typedef {Omit<Answer, "rows"> & {rows: LineRow[]}} LineAnswer
 *
 * @typedef {object} Errors of estimates, in seconds; shares from 0 to 1
 * @property {number} n
 * @property {number | null} mae_s
 * @property {number | null} mae_last_wait_s
 * @property {number | null} mae_by_interval_s
 * @property {number | null} mae_constant_s
 * @property {number | null} within_p50
 * @property {number | null} within_p90
 *
 * @typedef {object} Estimates
 * @property {string | null} learned_on
 * @property {number} days
 * @property {string[]} shown_services
 * @property {Errors} every
 * @property {Record<string, Errors>} services
 *
 * @typedef {{name: string, title: string, unit: string, meaning: string}} Term
 *
 * @typedef {object} Congestion
 * @property {string} at
 * @property {{service: string, waiting: number}[]} queues
 *
 * @typedef {object} View what is looked at; dates are local, both included
 * @property {string} from
 * @property {string} to
 * @property {string} bin
 * @property {string | null} service null: the whole office
 * @property {string} vsFrom the period that it is compared with
 * @property {string} vsTo
 *
 * @typedef {{[Part in keyof View]: View[Part] | null}} Chosen what somebody chose; null: nothing
 *
 * @typedef {object} Seen everything a section is drawn from
 * @property {import("../house/words.js").Words} words
 * @property {import("../house/types.js").Signs} signs
 * @property {View} view
 * @property {string} today
 * @property {string | null} latest the last day before today that has figures
 * @property {Congestion} congestion
 * @property {Record<string, string>} paths name of a question → the address that answers it
 * @property {Record<string, Answer | undefined>} answers by the name of the question
 * @property {Set<string>} open sections whose tables are shown
 * @property {number} width of the page's column, px
 * @property {boolean} paper whether it is being printed
 */
export {};
