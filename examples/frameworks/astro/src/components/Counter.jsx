import { useState } from "preact/hooks";

export default function Counter() {
	const [count, setCount] = useState(0);
	return (
		<button type="button" id="count" style={{ color: "green" }} onClick={() => setCount(count + 1)}>
			{count}
		</button>
	);
}
