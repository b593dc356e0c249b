import type { PermissionsPolicyFeature } from "./features.ts";

/** What no framed site should have for the asking: devices, the screen, the place of the visitor, money. */
export const POWERFUL_FEATURES: ReadonlySet<string> = new Set<PermissionsPolicyFeature>([
	"camera",
	"display-capture",
	"geolocation",
	"hid",
	"microphone",
	"payment",
	"serial",
	"usb",
]);
