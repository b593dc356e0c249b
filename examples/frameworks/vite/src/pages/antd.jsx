import Button from "antd/es/button";
import ConfigProvider from "antd/es/config-provider";
import { nonce } from "../nonce.js";

export default function Antd() {
	return (
		<ConfigProvider csp={{ nonce }} theme={{ token: { colorText: "rgb(0, 128, 0)" } }}>
			<Button id="styled">antd</Button>
		</ConfigProvider>
	);
}
