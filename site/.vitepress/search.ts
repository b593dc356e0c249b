import type { DefaultTheme } from "vitepress";

/** The index is a part of the site: nothing is sent anywhere. */
export const search: DefaultTheme.Config["search"] = {
	provider: "local",
};
