import { useContext, useState } from "react";
import { Links, Meta, Outlet, Scripts, ScrollRestoration } from "react-router";
import { Nonce } from "./nonce.js";
import "./style.css";

export function Layout({ children }) {
	const nonce = useContext(Nonce);
	return (
		<html lang="en">
			<head>
				<meta charSet="utf-8" />
				{/* The styles that Vite adds in development have this nonce. */}
				{import.meta.env.DEV && <meta property="csp-nonce" nonce={nonce} />}
				<Meta />
				<Links nonce={nonce} />
			</head>
			<body>
				{children}
				<Count />
				<ScrollRestoration nonce={nonce} />
				<Scripts nonce={nonce} />
			</body>
		</html>
	);
}

export default function Root() {
	return <Outlet />;
}

export function ErrorBoundary({ error }) {
	return <h1>{error.status === 404 ? "Not found" : "It failed"}</h1>;
}

function Count() {
	const [count, setCount] = useState(0);
	return (
		<button type="button" id="count" onClick={() => setCount(count + 1)}>
			{count}
		</button>
	);
}
