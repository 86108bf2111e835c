/** Stands where the id of an erased visitor or user stood in what others sent: who sent them, for one. No id is this. */
export const erasedId = "(erased)";
