/** How long a visit outlives what was last heard of it. In a file of its own the build writes the number where it is used. */
export const visitSeconds = 1800;
