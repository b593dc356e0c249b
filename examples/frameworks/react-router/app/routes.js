import { index, route } from "@react-router/dev/routes";

export default [index("routes/home.jsx"), route("second", "routes/second.jsx"), route("old", "routes/old.js"), route("error", "routes/error.jsx")];
