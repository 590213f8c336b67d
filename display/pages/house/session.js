/**
 * Somebody who has signed in. The session itself is a cookie that no script can read; what is kept here
 * is only whether it is worth asking who it is.
 */
import { Api, Problem } from "./api.js";

/** @typedef {{person: string | null, role: string, office: string | null, until: string | null}} Session */
/** @typedef {{name: string, password: string, code?: string, new_password?: string}} Proof */

const SIGNED_IN = "madoguchi.signed_in";
const ROLES = {
  desk: ["staff", "admin"],
  floor: ["staff", "admin"],
  stats: ["analyst", "admin"],
  admin: ["admin"],
};

const service = Api.ofService(null);

/**
 * Whether people sign in to a page; to the others, machines do, with a key.
 *
 * @param {string} page
 */
export const isForPeople = (page) => page in ROLES;

/**
 * Whether somebody may use a page of an office.
 *
 * @param {Session} who
 * @param {string} page
 * @param {string} office
 */
export function fits(who, page, office) {
  const roles = ROLES[/** @type {keyof typeof ROLES} */ (page)] ?? [];
  return roles.includes(who.role) && (who.office === null || who.office === office);
}

/** @returns {Promise<Session | null>} who has signed in, if anybody has; throws Away */
export async function who() {
  if (!localStorage.getItem(SIGNED_IN)) return null;
  try {
    return await service.get("/session");
  } catch (failure) {
    if (!(failure instanceof Problem)) throw failure;
    if (failure.status === 401) localStorage.removeItem(SIGNED_IN);
    return null;
  }
}

/**
 * Begins a session; whoever had signed in before is signed out.
 *
 * @param {Proof} proof
 * @param {string} press the intent: asked again with it, the same session begins
 * @returns {Promise<Session>}
 */
export async function signIn(proof, press) {
  const session = await service.post("/session", proof, { press });
  localStorage.setItem(SIGNED_IN, "yes");
  return session;
}

/** Ends the session, everywhere. */
export async function signOut() {
  try {
    await service.post("/session", undefined, { method: "DELETE" });
  } catch (failure) {
    if (!(failure instanceof Problem)) throw failure; // else it had ended already
  }
  localStorage.removeItem(SIGNED_IN);
}
