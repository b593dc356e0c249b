/** A framework whose pages need more of a policy than a template can give. */
export interface Framework {
	/** As people write it. */
	readonly title: string;
	/** A package that only its projects have. */
	readonly packages: readonly string[];
	/** Where a build writes pages, relative to the project. */
	readonly output: readonly string[];
	/** Whether pages are in all of these folders, rather than in the first that exists. */
	readonly isInAll?: boolean;
	/** What writes them. */
	readonly build: string;
}

/** By the name of the recipe, docs/frameworks/<name>.md. */
export const FRAMEWORKS: ReadonlyMap<string, Framework> = new Map(
	Object.entries({
		next: { title: "Next", packages: ["next"], output: [".next/server/app", ".next/server/pages"], isInAll: true, build: "next build" },
		nuxt: { title: "Nuxt", packages: ["nuxt"], output: [".output/public"], build: "nuxt build" },
		astro: { title: "Astro", packages: ["astro"], output: ["dist/client", "dist"], build: "astro build" },
		sveltekit: { title: "SvelteKit", packages: ["@sveltejs/kit"], output: ["build/prerendered", ".svelte-kit/output/prerendered"], build: "vite build" },
		angular: { title: "Angular", packages: ["@angular/core"], output: ["dist"], build: "ng build" },
		"react-router": { title: "React Router", packages: ["@react-router/node"], output: ["build/client"], build: "react-router build" },
		vike: { title: "Vike", packages: ["vike"], output: ["dist/client"], build: "vite build" },
		vite: { title: "Vite", packages: ["vite"], output: ["dist"], build: "vite build" },
	} satisfies Record<string, Framework>),
);
