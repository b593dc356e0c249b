export default {
	redirects: () => [{ source: "/moved", destination: "/", permanent: true }],
};
