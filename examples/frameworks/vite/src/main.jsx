import { lazy, StrictMode, Suspense, useState } from "react";
import { createRoot } from "react-dom/client";
import "./style.css";

const PAGES = {
	"/": lazy(() => import("./pages/home.jsx")),
	"/second": lazy(() => import("./pages/second.jsx")),
	"/mui": lazy(() => import("./pages/mui.jsx")),
	"/styled-components": lazy(() => import("./pages/styled-components.jsx")),
	"/antd": lazy(() => import("./pages/antd.jsx")),
	"/mantine": lazy(() => import("./pages/mantine.jsx")),
	"/radix": lazy(() => import("./pages/radix.jsx")),
};

function App() {
	const [path, go] = useState(location.pathname);
	const [count, setCount] = useState(0);
	const Page = PAGES[path];
	return (
		<>
			<Suspense fallback={<p>Loading</p>}>
				<Page go={go} />
			</Suspense>
			<button type="button" id="count" onClick={() => setCount(count + 1)}>
				{count}
			</button>
		</>
	);
}

createRoot(document.getElementById("root")).render(
	<StrictMode>
		<App />
	</StrictMode>,
);
