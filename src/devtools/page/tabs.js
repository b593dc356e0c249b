// Tabs as the ARIA practices describe them: one of them takes part in the tab order, and the arrows move between them.

export function createTabs(list, onOpen) {
	const tabs = [...list.querySelectorAll("[role=tab]")];
	const panelOf = (tab) => document.getElementById(tab.getAttribute("aria-controls"));
	const nameOf = (tab) => tab.id.replace("tab-", "");
	const open = (chosen) => {
		for (const tab of tabs) {
			const isChosen = tab === chosen;
			tab.setAttribute("aria-selected", String(isChosen));
			tab.tabIndex = isChosen ? 0 : -1;
			panelOf(tab).hidden = !isChosen;
		}
		onOpen(nameOf(chosen));
	};
	const choose = (tab) => {
		open(tab);
		history.replaceState(null, "", `#${nameOf(tab)}`);
	};
	for (const [index, tab] of tabs.entries()) {
		tab.addEventListener("click", () => choose(tab));
		tab.addEventListener("keydown", (event) => {
			const steps = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: -1 };
			if (!Object.hasOwn(steps, event.key)) return;
			event.preventDefault();
			const next = tabs.at(steps[event.key] % tabs.length);
			next.focus();
			choose(next);
		});
	}
	const ofAddress = () => tabs.find((tab) => `#${nameOf(tab)}` === location.hash);
	addEventListener("hashchange", () => {
		const tab = ofAddress();
		if (tab !== undefined) open(tab);
	});
	open(ofAddress() ?? tabs[0]);
}
