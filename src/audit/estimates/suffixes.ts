/** Labels under which countries register domains, with those countries: `co` of `co.uk`. From the public suffix list; regions and cities are left out. */
const SECOND_LEVEL: Readonly<Record<string, string>> = {
	ac: "aeatbdbebwcickcncrcyegerfjfkgnidiliminirjmjpkekrlklsmamemlmmmumwmzninpnzpapgpkprrsrwseszthtzugukvnzazmzw",
	biz: "azbbckcyeretfjfkghidinjmkilsmmmvmwmyninpnrpgpkplprsstjtrttvnzm",
	co: "aeagamaoatazbbbdbibjbwbzcickclcmcrdmerfkggglgyhuidiliminioiritjejmjpkekrlclsmamemgmmmumwmznaninpnzompgpnrsrwssstszthtjtmtttzugukusuzvevizazmzw",
	com: "acafagaialamarauawazbabbbdbhbibjbmbnbobrbsbtbybzcickcmcncocucvcwcydmdodzeceeegeresetfjfkfmfrgeghgiglgngpgrgtgugyhkhnhrhtiminioiqjmjokgkhkikmkpkwkykzlalblclklrlvlymgmkmlmmmomsmtmumvmwmxmynanfngninpnrompapepfpgphpkplprpsptpyqarerosasbscsdsgshslsnsossstsvsytjtmtntotrtttwuauguyuzvcvevivnvuwsyezm",
	edu: "acafalaoarauazbabbbdbhbibjbmbnbobrbsbtbzcickcncocucvcwdmdodzeceeegeresetfjfkfmgdgeghgiglgngpgrgtgugyhkhnhtinioiqitjmjokgkhkikmknkpkwkykzlalblclklrlslvlymemgmkmlmmmnmomsmtmvmwmxmymzngninpnrompapepfpgphpkplpnprpsptpyqarssasbscsdsgslsnsossstsvsytjtmtotrtttwuauguyvcvevgvnvuwsyezazm",
	go: "cickcrerfkiditjmjpkekrmmnppgthtjtzug",
	gob: "arbockclcudoeceresfkgthnjmmmmxninppapepgpksvve",
	gouv: "cickerfkfrhtjmkmmlmmnppgsn",
	gov: "acaeafalaoarasauazbabbbdbfbhbmbnbrbsbtbwbybzcdckclcmcncocxcyczdmdodzeceeegeretfjfkgdgeghgigngrgugyhkieilinioiqiritjmjokgkhkikmknkpkwkzlalblclklrlsltlvlymamemgmkmlmmmnmomrmsmumvmwmymznangnpnrompgphpkplpnprpsptpwpyqarsrwsasbscsdsgshslsosssxsytjtltmtntotrtttwuaugukvcvevnwsyezazmzw",
	id: "aubdckcverfjfkirjmlvlymmnppgusvn",
	info: "azbbbdbjbockecegeretfjfkguhthuinjmkekilalsmlmmmvnfninpnrpgplprrosdtntrtttzvevnzm",
	ltd: "ckcyerfkgijmlkmmnppguk",
	me: "ckegerfkinitjmkekrmmnppgsosstzukus",
	mil: "acaealarazbabdbobrbyckclcncocydoecegerfjfkghgthnidinioiqjmjokgkmkrkzlvmgmmmvmymzngninonpnzpepgphplpyqarwshstsytjtmtotrtttwtzuguyvcveyezazmzw",
	ne: "ckerfkjmjpkekrmmnppgtzugus",
	net: "acaeafagaialamarauazbabbbdbhbjbmbnbobrbsbtbwbzcickcmcncocucvcwcydmdodzecegeretfjfkfmgeggghglgngpgrgtgugyhkhnhtidiliminioiqirjejmjokgkhkiknkwkykzlalblclklrlslvlymamemkmlmmmomsmtmumvmwmxmymznanfngninpnrnzompapepgphpkplpnprpsptpyqarwsasbscsdsgshslsossstsythtjtmtntotrtttwuaukuyuzvcvevivnvuwsyezazm",
	nom: "agckcoeresfkfriojmkmmgmmncninppapepgplrotmveza",
	or: "atbicickcrerfkiditjmjpkekrmmmunppgthtzugus",
	org: "acaeafagaialamaoarauazbabbbdbhbibjbmbnbobrbsbtbwbzcickcncocucvcwcydmdodzeceeegeresetfjfkfmgeggghgiglgngpgrgtgugyhkhnhthuiliminioiqirjejmjokgkhkikmknkpkwkykzlalblclklrlslvlymamemgmkmlmmmnmomsmtmumvmwmxmymznangninpnrnzompapepfpgphpkplpnprpsptpyqarorsrwsasbscsdsesgshskslsnsossstsvsysztjtmtntotrtttwuaugukuyuzvcvevivnvuwsyezazmzw",
	plc: "ckerfkjmlymmnppguk",
	sch: "aebdckerfkidirjmjolklymmngnppgqasasszm",
	web: "bockdoerfkguidjmlkmmnfninppgpktjtrveza",
};

/** The part of a host name that its owner registered. Undefined for an address, and for a name that cannot be registered. */
export function registrableOf(host: string): string | undefined {
	const labels = host.toLowerCase().replace(/\.$/, "").split(".");
	const [country = "", second = ""] = labels.toReversed();
	if (labels.length < 2 || /^(?:\d+$|\[)/.test(country) || host.startsWith("[")) return undefined;
	const isSuffix = country.length === 2 && Object.hasOwn(SECOND_LEVEL, second) && pairs(SECOND_LEVEL[second] ?? "").includes(country);
	const count = isSuffix ? 3 : 2;
	return labels.length < count ? undefined : labels.slice(-count).join(".");
}

function pairs(text: string): readonly string[] {
	return text.match(/../g) ?? [];
}
