const { partner } = document.body.dataset;

const socket = new WebSocket(`${partner.replace("http", "ws")}/stock`);
socket.addEventListener("open", () => {
	document.getElementById("stock").textContent = "Connected.";
});

navigator.geolocation.getCurrentPosition(
	() => {},
	({ message }) => {
		document.getElementById("place").textContent = message;
	},
);

const code = new Blob(['postMessage("working")'], { type: "text/javascript" });
const worker = new Worker(URL.createObjectURL(code));
worker.addEventListener("message", ({ data }) => {
	document.getElementById("worker").textContent = data;
});
