import type { ElementHandle, JSHandle, Page } from "playwright-core";
import { isSafeClick } from "./clicks.ts";
import { createRegister, press, type Register, type Surveyed, survey, take } from "./in-register.ts";
import type { Traffic } from "./traffic.ts";
import type { VisitOptions } from "./types.ts";
import { STEP, within } from "./within.ts";

/** How long an element may take to be ready for a click. Something may cover it. */
const CLICK = 1_000;
/** How long nothing is loaded until a click is over, and the longest time that this may take. */
const QUIET = 150;
const AFTER_CLICK = 1_000;

/**
 * Clicks on what is there, then on what that has opened.
 *
 * @param after called after each click.
 * @returns the number of clicks.
 */
export async function clickAll(page: Page, home: string, traffic: Traffic, { clicks, timeout }: VisitOptions, after: () => Promise<unknown>): Promise<number> {
	/** What was clicked in documents that were left. */
	const past = new Set<string>();
	const open = (): Promise<JSHandle<Register> | undefined> =>
		within(STEP, page.evaluateHandle<Register, readonly string[]>(createRegister as never, [...past]), undefined);
	let register = await open();
	let others: readonly Surveyed[] = [];
	let done = 0;
	while (done < clicks && register !== undefined && !page.isClosed()) {
		const all: readonly Surveyed[] = await within(STEP, register.evaluate<Surveyed[]>(survey as never), []);
		const index = nextClick(all, others);
		const target = all[index];
		if (target === undefined) break;
		others = all.filter((element) => element !== target);
		past.add(target.key);
		done++;
		await click(register, index, target.key);
		await traffic.settle(QUIET, AFTER_CLICK);
		await after();
		// The elements of a page that was left, or loaded again, are gone. Others take their places.
		if (!(await wasLeft(page, home, timeout)) && (await answers(register))) continue;
		register = await open();
		others = [];
	}
	return done;
}

/**
 * Chooses what is clicked next: what was not yet, in the order of the page. A click that took such elements away, as one that folds a section does, is
 * taken back first.
 *
 * @param others the elements before the last click, without the clicked one.
 * @returns its index, or -1.
 */
function nextClick(all: readonly Surveyed[], others: readonly Surveyed[]): number {
	const isFresh = (element: Surveyed): boolean => element.times === 0 && isSafeClick(element);
	const last = all.findIndex((element) => element.isLast && element.times === 1 && isSafeClick(element));
	const keys = new Set(all.map(({ key }) => key));
	const isFolded = others.some((element) => isFresh(element) && !keys.has(element.key));
	return last >= 0 && isFolded ? last : all.findIndex(isFresh);
}

async function click(register: JSHandle<Register>, index: number, key: string): Promise<void> {
	const handle: JSHandle | undefined = await within(STEP, register.evaluateHandle(take as never, { index, key }), undefined);
	const element = handle?.asElement() as ElementHandle | null | undefined;
	const clicked = element?.click({ timeout: CLICK, noWaitAfter: true }).then(() => true);
	if (clicked === undefined || !(await within(STEP, clicked, false))) await within(STEP, register.evaluate(press as never), undefined);
}

/** Whether the document that has the register is still there. */
async function answers(register: JSHandle<Register>): Promise<boolean> {
	return within(
		STEP,
		register.evaluate(() => true),
		false,
	);
}

/** Whether a click led elsewhere. Then the page is opened again. */
async function wasLeft(page: Page, home: string, timeout: number): Promise<boolean> {
	const withoutHash = (address: string): string => address.replace(/#.*$/s, "");
	if (withoutHash(page.url()) === withoutHash(home)) return false;
	await within(timeout, page.goto(home, { waitUntil: "load", timeout }), undefined);
	return true;
}
