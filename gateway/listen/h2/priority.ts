/**
 * What a client says of the order in which it wants answers (RFC 9218 §4): the field `priority`, of which a part that cannot
 * be read counts as not said. A client that says nothing has its answers in turns.
 */
export const readPriority = (value: string): { urgency: number; isShared: boolean } => {
  const urgency = /(?:^|,)[ \t]*u=([0-7])[ \t]*(?:[,;]|$)/.exec(value)?.[1];
  return {
    urgency: urgency === undefined ? 3 : Number(urgency),
    isShared: /(?:^|,)[ \t]*i(?:=\?1)?[ \t]*(?:[,;]|$)/.test(value),
  };
};
