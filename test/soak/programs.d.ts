export type Random = (below: number) => number;
export type Program = readonly (readonly unknown[])[];
export function randomOf(seed: number): Random;
export function makeProgram(random: Random): Program;
export function runProgram(program: Program, on: object): string;
