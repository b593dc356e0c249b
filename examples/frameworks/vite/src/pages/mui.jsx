import createCache from "@emotion/cache";
import { CacheProvider } from "@emotion/react";
import Button from "@mui/material/Button";
import { nonce } from "../nonce.js";

const cache = createCache({ key: "css", nonce });

export default function Mui() {
	return (
		<CacheProvider value={cache}>
			<Button id="styled" variant="contained" sx={{ color: "rgb(0, 128, 0)" }}>
				MUI
			</Button>
		</CacheProvider>
	);
}
