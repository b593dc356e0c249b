import { type EnhanceAppContext, useData, withBase } from "vitepress";
import DefaultTheme from "vitepress/theme";
import { defineComponent, h, onMounted, ref } from "vue";
import { ranking } from "../search.ts";
import "./style.css";

/** The library that the playground needs is only loaded on its page. */
const Playground = defineComponent({
	setup() {
		const root = ref<HTMLElement>();
		onMounted(async () => {
			const { startPlayground } = await import("../../playground/index.ts");
			if (root.value !== undefined) startPlayground(root.value, withBase("/"));
		});
		return () => h("div", { class: "playground vp-raw", ref: root }, "The playground needs JavaScript.");
	},
});

const Layout = defineComponent({
	setup() {
		const { frontmatter } = useData();
		return () => h(DefaultTheme.Layout, null, { "doc-after": () => (frontmatter.value["playground"] === true ? h(Playground) : null) });
	},
});

export default {
	extends: DefaultTheme,
	Layout,
	enhanceApp({ siteData }: EnhanceAppContext) {
		siteData.value.themeConfig.search.options.miniSearch = ranking;
	},
};
