import { useState } from "react";
import "./style.css";

export default function Layout({ children }) {
	const [count, setCount] = useState(0);
	return (
		<>
			{children}
			<button type="button" id="count" onClick={() => setCount(count + 1)}>
				{count}
			</button>
		</>
	);
}
