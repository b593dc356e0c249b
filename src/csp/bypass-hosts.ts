import { HOST_SOURCE, isHost, type Source } from "./grammar.ts";

/**
 * Hosts with JSONP, which calls a function that the URL names, or with old script libraries that run markup of the page: those that are known
 * for it, and those in the lists of Google's CSP Evaluator. Some files are gone, but a host of uploads has others.
 */
export const BYPASS_HOSTS: readonly string[] = `
	9.chart.apis.google.com 96fe3ee995e96e922b6b-d10c35bd0a0de2c718b252bc575fdb73.ssl.cf1.rackcdn.com a.config.skype.com a.tiles.mapbox.com
	a248.e.akamai.net accounts.google.com afpeng.alimama.com ajax.googleapis.com an.yandex.ru andors-trail.googlecode.com api.facebook.com
	api.flickr.com api.instagram.com api.map.baidu.com api.mixpanel.com api.userlike.com api.vk.com art.jobs.netease.com askgithub.com
	autocomplete.travelpayouts.com awaps.yandex.ru ayicommon-a.akamaihd.net bebezoo.1688.com beta.gismeteo.ru books.google.com
	c.tiles.mapbox.com c1n2.hypercomments.com c1n3.hypercomments.com catalog.api.2gis.ru cbks0.googleapis.com ccrprod.alipay.com cdn.bootcss.com
	cdn.jsdelivr.net cdn.rawgit.com cdn.shopify.com cdn.syndication.twimg.com cdn.syndication.twitter.com cdn.walkme.com
	cdn2-casinoroom.global.ssl.fastly.net cdnjs.cloudflare.com client.siteheart.com clients1.google.com collade.demo.stswp.com
	community.adobe.com connect.mail.ru count.tbcdn.cn cse.google.com csu-c45.kxcdn.com d1f69o4buvlrj5.cloudfront.net data.gongchang.com
	de.blog.newrelic.com detector.alicdn.com dev.virtualearth.net dl.dropboxusercontent.com
	eb2883ede55c53e09fd5-9c145fb03d93709ea57875d307e2d82e.ssl.cf3.rackcdn.com elysiumwebsite.s3.amazonaws.com eternal-sunset.herokuapp.com
	fast.wistia.com fellowes.ugc.bazaarvoice.com gdata.youtube.com gift-talk.kakao.com google.ru googleads.g.doubleclick.net graph.facebook.com
	group.aliexpress.com gstatic.com gum.criteo.com gupiao.baidu.com h.cackle.me i.cackle.me ib.adnxs.com id.rambler.ru
	inno.blob.core.windows.net kecngantang.blogspot.com laundrymail.com links.services.disqus.com m.addthis.com maps.beeline.ru maps.google.com
	maps.google.de maps.google.lv maps.google.ru maps.googleapis.com master-sumok.ru mc.yandex.ru mrfishie.github.io mt1.googleapis.com
	mts0.googleapis.com mts1.googleapis.com nominatim.openstreetmap.org offer.alibaba.com ok.go.mail.ru oss.maxcdn.com
	pagead2.googlesyndication.com pangxiehaitao.com parademanagement.com.s3-website-ap-southeast-1.amazonaws.com partner.googleadservices.com
	pass.yandex.com pass.yandex.ru pass.yandex.ua passport.ngs.ru pin.aliyun.com pipes.yahooapis.com plugins.mozilla.org prb-resume.appspot.com
	pro.netrox.sc publish.twitter.com pubsub.pubnub.com query.yahooapis.com raw.githack.com raw.githubusercontent.com rawgit.com
	rec.ydf.yandex.ru relap.io reports.zemanta.com rexchange.begun.ru s3-eu-west-1.amazonaws.com se.wikipedia.org securepubads.g.doubleclick.net
	services.amazon.com share.yandex.net static.tumblr.com storage.googleapis.com suggest.taobao.com syndication.twitter.com target.ukr.net
	tj.gongchang.com tr.indeed.com translate.google.com translate.googleapis.com translate.yandex.net twitter.github.io ulogin.ru unpkg.com
	video.media.yql.yahoo.com vimeo.com vk.com wb.amap.com widget.admitad.com widgets.pinterest.com wpd.b.qq.com wslocker.ru
	www-onepick-opensocial.googleusercontent.com www.adobe.com www.blogger.com www.facebook.com www.google.com www.google.de
	www.googleadservices.com www.googleapis.com www.gstatic.com www.meteoprog.ua www.panoramio.com www.sharethis.com www.travelpayouts.com
	www.youku.com www.youtube.com yandex.ru yandex.st yastatic.net ynuf.alipay.com yuedust.yuedu.126.net
`
	.trim()
	.split(/\s+/);

/** Their JSONP runs an attacker's code only where a policy also allows eval. */
const WITH_EVAL: readonly string[] = [
	"google-analytics.com",
	"googletagmanager.com",
	"ssl.google-analytics.com",
	"www.google-analytics.com",
	"www.googletagmanager.com",
];

/** The known host that a source of a list allows. A source of a single file is trusted. */
export function bypassIn(source: Source, list: readonly Source[] = []): string | undefined {
	const [, , host = "", , path = "/"] = HOST_SOURCE.exec(String(source)) ?? [];
	const name = host.toLowerCase().replace(/\.$/, "");
	const isWide = name.startsWith("*.");
	if (!(isHost(source) || isWide) || !path.endsWith("/")) return undefined;
	const known = list.includes("'unsafe-eval'") ? [...BYPASS_HOSTS, ...WITH_EVAL] : BYPASS_HOSTS;
	return known.find((one) => (isWide ? one.endsWith(name.slice(1)) : one === name));
}
