/** Flow variables below a common prefix, computed when they are read. @param name without the prefix and its dot */
export type VariableGroup = (name: string) => unknown;
