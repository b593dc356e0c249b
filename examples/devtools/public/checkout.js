const { partner } = document.body.dataset;

document.getElementById("sign-in").addEventListener("click", () => {
	window.open(`${partner}/login`);
});
window.addEventListener("message", ({ data }) => {
	document.getElementById("login").textContent = data;
});
