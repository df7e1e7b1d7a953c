/** Codes of lego v5.5 (Traefik v3.7) that are not built in. */
export const foreignProviderCodes: ReadonlySet<string> = new Set(
  `
  abion active24 alidns aliesa allinkl alwaysdata anexia artfiles arvancloud auroradns autodns axelname azion
  baiducloud beget binarylane bindman bluecat bluecatv2 bookmyname bunny checkdomain civo clouddns cloudns
  cloudru com35 connbyte conoha conohav3 constellix corenetworks cpanel curanet czechia dandomain ddnss derak
  designate dinahosting directadmin dns51 dnscale dnsexit dnshomede dnsimple dnsla dnsmadeeasy dnsmint
  dnsservices dode domainnameshop domeneshop dreamhost dyn dynadot dyndnsfree dynu easydns edgecenter edgedns
  edgeone efficientip epik eurodns euserv excedo exoscale f5xc fastdns feno fornex freemyip gcore gehirn
  gigahostno glesys gname godaddy gravity hostingde hostinger hostingnl hosttech hostup httpnet huaweicloud
  hurricane hyperone ibmcloud iijdpf infoblox infomaniak internetbs inwx ionos ionoscloud ipv64 ispconfig
  ispconfigddns jdcloud joker katapult keyhelp leaseweb liara lightsail limacity linode linodev4 liquidweb loopia
  luadns mailinabox manageengine metaname metaregistrar mijnhost mittwald myaddr mydnsjp myra mythicbeasts
  namedotcom namesilo namesurfer nearlyfreespeech nederhost neodigit netcup netlify netnod nexdns ngenix
  nicmanager nicru nifcloud njalla nodion ns1 octenium omglol onecloudru onlinenet openprovider opusdns
  oraclecloud otc plesk pointdns porkbun poweradmin rackspace rage4 rainyun rcodezero regfish regru rimuhosting
  safedns sakuracloud scaleway scannet selectel selectelv2 selfhostde servercow shellrent simply sonic spaceship
  stackpath syse technitium tele3 tencentcloud timewebcloud todaynic transip ucloud ultradns uniteddomains
  variomedia veesp vegadns vercel versio vinyldns virtualname vkcloud volcengine vscale vultr wannafind webglobe
  webnames webnamesca webnamesru websupport wedos westcn xinnet yandex yandex360 yandexcloud zilore zoneedit
  zoneee zonomi
`
    .trim()
    .split(/\s+/),
)
