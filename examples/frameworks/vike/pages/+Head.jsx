import { usePageContext } from "vike-react/usePageContext";

export default function Head() {
	const { cspNonce } = usePageContext();
	// The styles that Vite adds in development have this nonce.
	return import.meta.env.DEV && <meta property="csp-nonce" nonce={cspNonce} />;
}
