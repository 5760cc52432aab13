-- A store as version 0.1.0 wrote it, after three polls of feeds in every style of tests/worlds.py.
BEGIN TRANSACTION;
CREATE TABLE account (
	name TEXT NOT NULL, 
	server TEXT NOT NULL, 
	paused_until BIGINT, 
	cause TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	pauses INTEGER NOT NULL, 
	token_mark TEXT NOT NULL, 
	rate_remaining INTEGER, 
	limits JSON, 
	lease_owner TEXT, 
	lease_until BIGINT, 
	CONSTRAINT pk_account PRIMARY KEY (name)
);
INSERT INTO "account" VALUES('news','https://social.example',NULL,'','',0,'',NULL,NULL,NULL,NULL);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0003');
CREATE TABLE delivery (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	account TEXT NOT NULL, 
	source TEXT NOT NULL, 
	entry_id INTEGER, 
	identity BLOB NOT NULL, 
	state TEXT NOT NULL, 
	post JSON NOT NULL, 
	due BIGINT NOT NULL, 
	queued_at BIGINT NOT NULL, 
	score FLOAT, 
	published_at BIGINT, 
	generation INTEGER NOT NULL, 
	attempts INTEGER NOT NULL, 
	negatives INTEGER NOT NULL, 
	sent_from BIGINT, 
	owner TEXT, 
	error TEXT NOT NULL, 
	remote_id TEXT NOT NULL, 
	remote_url TEXT NOT NULL, 
	settled_at BIGINT, 
	CONSTRAINT fk_delivery_entry_id_entry FOREIGN KEY(entry_id) REFERENCES entry (id) ON DELETE SET NULL, 
	CONSTRAINT uq_delivery_account UNIQUE (account, identity)
);
INSERT INTO "delivery" VALUES(1,'news','own-none-dated',67,X'4DD2979D853ED9E761E60CD8C5C731E8','queued','{"action": "post", "text": "Story 3 of the day\nhttps://own-none-true.example/a/3", "link": "https://own-none-true.example/a/3", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 52, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,1795349671000000,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(2,'news','own-none-dateless',68,X'98EDD48D4EE967AB7B8FBAFC02046DD3','queued','{"action": "post", "text": "Story 3 of the day\nhttps://own-none-false.example/a/3", "link": "https://own-none-false.example/a/3", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 53, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,NULL,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(3,'news','fragment-link-dated',69,X'79FA9DBE8843669B51FA49AEC85EE480','queued','{"action": "post", "text": "Story 1 of the day\nhttps://fragment-link-true.example/changes#v1", "link": "https://fragment-link-true.example/changes#v1", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 64, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,1795343311000000,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(4,'news','fragment-link-dated',70,X'E7C2175B59DEA8C708E802097B48C0DE','queued','{"action": "post", "text": "Story 2 of the day\nhttps://fragment-link-true.example/changes#v2", "link": "https://fragment-link-true.example/changes#v2", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 64, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,1795343371000000,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(5,'news','fragment-link-dated',71,X'E967E026D4528C2AE67EA176CDECA518','queued','{"action": "post", "text": "Story 3 of the day\nhttps://fragment-link-true.example/changes#v3", "link": "https://fragment-link-true.example/changes#v3", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 64, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,1795349671000000,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(6,'news','fragment-link-dateless',72,X'D2E1739EAAD616137BED2971360BA1B9','queued','{"action": "post", "text": "Story 1 of the day\nhttps://fragment-link-false.example/changes#v1", "link": "https://fragment-link-false.example/changes#v1", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 65, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,NULL,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(7,'news','fragment-link-dateless',73,X'4EB4FB83F64CE11E61BEAAD30F31C616','queued','{"action": "post", "text": "Story 2 of the day\nhttps://fragment-link-false.example/changes#v2", "link": "https://fragment-link-false.example/changes#v2", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 65, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,NULL,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(8,'news','fragment-link-dateless',74,X'813C0965C04CC194A643F47993C77F71','queued','{"action": "post", "text": "Story 3 of the day\nhttps://fragment-link-false.example/changes#v3", "link": "https://fragment-link-false.example/changes#v3", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 65, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,NULL,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(9,'news','query-none-dated',75,X'E693627D8E764A02BB9DA65F80B39F87','queued','{"action": "post", "text": "Story 3 of the day\nhttps://query-none-true.example/view?id=3&lang=en", "link": "https://query-none-true.example/view?id=3&lang=en", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 68, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,1795349671000000,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(10,'news','query-none-dateless',76,X'EFA6D8907B5FED311D34B2EFC44E0288','queued','{"action": "post", "text": "Story 3 of the day\nhttps://query-none-false.example/view?id=3&lang=en", "link": "https://query-none-false.example/view?id=3&lang=en", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 69, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,NULL,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(11,'news','session-link-dated',77,X'A7D8A6B593693657FD59D90DB291BF5A','queued','{"action": "post", "text": "Story 1 of the day\nhttps://session-link-true.example/view?t=1&sid=x1y", "link": "https://session-link-true.example/view?t=1&sid=x1y", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 69, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,1795343311000000,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(12,'news','session-link-dated',78,X'1C8818BD7AE0CD246FC5903FC9FB911A','queued','{"action": "post", "text": "Story 2 of the day\nhttps://session-link-true.example/view?t=2&sid=x1y", "link": "https://session-link-true.example/view?t=2&sid=x1y", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 69, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,1795343371000000,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(13,'news','session-link-dated',79,X'6985AD10CED31DA802E6F1DBD5E35239','queued','{"action": "post", "text": "Story 3 of the day\nhttps://session-link-true.example/view?t=3&sid=x1y", "link": "https://session-link-true.example/view?t=3&sid=x1y", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 69, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,1795349671000000,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(14,'news','session-link-dateless',80,X'B9230B9DE1A212AAC9C51EA3D4677319','queued','{"action": "post", "text": "Story 1 of the day\nhttps://session-link-false.example/view?t=1&sid=x1y", "link": "https://session-link-false.example/view?t=1&sid=x1y", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 70, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,NULL,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(15,'news','session-link-dateless',81,X'AE5D848343A662D65DC29371DEE72621','queued','{"action": "post", "text": "Story 2 of the day\nhttps://session-link-false.example/view?t=2&sid=x1y", "link": "https://session-link-false.example/view?t=2&sid=x1y", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 70, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,NULL,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(16,'news','session-link-dateless',82,X'E14EAD6D2D9A2F09F0925C1BA17351AE','queued','{"action": "post", "text": "Story 3 of the day\nhttps://session-link-false.example/view?t=3&sid=x1y", "link": "https://session-link-false.example/view?t=3&sid=x1y", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 70, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,NULL,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(17,'news','token-none-dated',83,X'51472CF32EAD18FEFD8F819D5A2954F9','queued','{"action": "post", "text": "Story 1 of the day\nhttps://cdn.token-none-true.example/1.mp3?time=1&hash=11", "link": "https://cdn.token-none-true.example/1.mp3?time=1&hash=11", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 75, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,1795343311000000,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(18,'news','token-none-dated',84,X'57B6071CD3CBA5C0B1496F807BB3C9E7','queued','{"action": "post", "text": "Story 2 of the day\nhttps://cdn.token-none-true.example/2.mp3?time=1&hash=12", "link": "https://cdn.token-none-true.example/2.mp3?time=1&hash=12", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 75, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,1795343371000000,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(19,'news','token-none-dated',85,X'4412D8A36DD41B502E8D2E9FD03ADE2E','queued','{"action": "post", "text": "Story 3 of the day\nhttps://cdn.token-none-true.example/3.mp3?time=1&hash=13", "link": "https://cdn.token-none-true.example/3.mp3?time=1&hash=13", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 75, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,1795349671000000,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(20,'news','token-none-dateless',86,X'57A803A5F5B4535A5D8686AE5C1797B6','queued','{"action": "post", "text": "Story 1 of the day\nhttps://cdn.token-none-false.example/1.mp3?time=1&hash=11", "link": "https://cdn.token-none-false.example/1.mp3?time=1&hash=11", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 76, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,NULL,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(21,'news','token-none-dateless',87,X'2E349F652066ADC2958CDAC5CECA9E16','queued','{"action": "post", "text": "Story 2 of the day\nhttps://cdn.token-none-false.example/2.mp3?time=1&hash=12", "link": "https://cdn.token-none-false.example/2.mp3?time=1&hash=12", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 76, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,NULL,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(22,'news','token-none-dateless',88,X'74AE2D64FBBFDB86B4D2A3C60730C99D','queued','{"action": "post", "text": "Story 3 of the day\nhttps://cdn.token-none-false.example/3.mp3?time=1&hash=13", "link": "https://cdn.token-none-false.example/3.mp3?time=1&hash=13", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 76, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,NULL,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(23,'news','www-none-dated',89,X'167214014AB69A6AE53F9467E37ECFA8','queued','{"action": "post", "text": "Story 1 of the day\nhttps://www.www-none-true.example/a/1", "link": "https://www.www-none-true.example/a/1", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 56, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,1795343311000000,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(24,'news','www-none-dated',90,X'88003D14B8FD10E5DCA9FF34F5CEC42A','queued','{"action": "post", "text": "Story 2 of the day\nhttps://www.www-none-true.example/a/2", "link": "https://www.www-none-true.example/a/2", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 56, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,1795343371000000,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(25,'news','www-none-dated',91,X'71BC918138160DBDB2840297D4027E7A','queued','{"action": "post", "text": "Story 3 of the day\nhttps://www.www-none-true.example/a/3", "link": "https://www.www-none-true.example/a/3", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 56, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,1795349671000000,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(26,'news','www-none-dateless',92,X'D2CC5F9457079952722D6E83904C23C7','queued','{"action": "post", "text": "Story 1 of the day\nhttps://www.www-none-false.example/a/1", "link": "https://www.www-none-false.example/a/1", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 57, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,NULL,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(27,'news','www-none-dateless',93,X'F18E02AFBF3E69C9FB37AB0991102492','queued','{"action": "post", "text": "Story 2 of the day\nhttps://www.www-none-false.example/a/2", "link": "https://www.www-none-false.example/a/2", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 57, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,NULL,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(28,'news','www-none-dateless',94,X'8C6785528C2FE5779CAA370379A1FEAA','queued','{"action": "post", "text": "Story 3 of the day\nhttps://www.www-none-false.example/a/3", "link": "https://www.www-none-false.example/a/3", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 57, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,NULL,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(29,'news','slash-none-dated',95,X'876DFC1055E19CA614A6841B2D189D6B','queued','{"action": "post", "text": "Story 1 of the day\nhttps://slash-none-true.example/a/1/", "link": "https://slash-none-true.example/a/1/", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 55, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,1795343311000000,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(30,'news','slash-none-dated',96,X'3C8F098F899B633A6D812224B250D06D','queued','{"action": "post", "text": "Story 2 of the day\nhttps://slash-none-true.example/a/2/", "link": "https://slash-none-true.example/a/2/", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 55, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,1795343371000000,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(31,'news','slash-none-dated',97,X'9D2522DE1059F417025784D3F57FB24B','queued','{"action": "post", "text": "Story 3 of the day\nhttps://slash-none-true.example/a/3/", "link": "https://slash-none-true.example/a/3/", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 55, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,1795349671000000,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(32,'news','slash-none-dateless',98,X'5DD23E96C877D98A1179DB700F403285','queued','{"action": "post", "text": "Story 1 of the day\nhttps://slash-none-false.example/a/1/", "link": "https://slash-none-false.example/a/1/", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 56, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,NULL,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(33,'news','slash-none-dateless',99,X'C6DF6E177CF1B550602AEDFC2A8F53EA','queued','{"action": "post", "text": "Story 2 of the day\nhttps://slash-none-false.example/a/2/", "link": "https://slash-none-false.example/a/2/", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 56, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,NULL,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(34,'news','slash-none-dateless',100,X'A12DA9F7B6A5DE7386FEFB6CF7C0A632','queued','{"action": "post", "text": "Story 3 of the day\nhttps://slash-none-false.example/a/3/", "link": "https://slash-none-false.example/a/3/", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 56, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,NULL,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(35,'news','amp-none-dated',101,X'8592C68E1EB437C973C46A5804C01624','queued','{"action": "post", "text": "Story 1 of the day\nhttps://amp-none-true.example/a/1/amp", "link": "https://amp-none-true.example/a/1/amp", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 56, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,1795343311000000,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(36,'news','amp-none-dated',102,X'C46E9168E89B27B165F554411940B40B','queued','{"action": "post", "text": "Story 2 of the day\nhttps://amp-none-true.example/a/2/amp", "link": "https://amp-none-true.example/a/2/amp", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 56, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,1795343371000000,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(37,'news','amp-none-dated',103,X'7E88212D751B3DBDF84E1F3CA4CF2CF7','queued','{"action": "post", "text": "Story 3 of the day\nhttps://amp-none-true.example/a/3/amp", "link": "https://amp-none-true.example/a/3/amp", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 56, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,1795349671000000,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(38,'news','amp-none-dateless',104,X'94C0284407BBBFA3926B8C9C55C84DFD','queued','{"action": "post", "text": "Story 1 of the day\nhttps://amp-none-false.example/a/1/amp", "link": "https://amp-none-false.example/a/1/amp", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 57, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,NULL,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(39,'news','amp-none-dateless',105,X'4D8BBCDC3641B9D7EB208EDA29DB4737','queued','{"action": "post", "text": "Story 2 of the day\nhttps://amp-none-false.example/a/2/amp", "link": "https://amp-none-false.example/a/2/amp", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 57, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,NULL,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(40,'news','amp-none-dateless',106,X'C5C3F4CE628EB126396450AA5EEE0FD5','queued','{"action": "post", "text": "Story 3 of the day\nhttps://amp-none-false.example/a/3/amp", "link": "https://amp-none-false.example/a/3/amp", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 57, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,NULL,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(41,'news','counted-none-dated',107,X'63B4066271E865FCBC52A3A004F1E2CC','queued','{"action": "post", "text": "Story 3 of the day\nhttps://count.counted-none-true.example/3", "link": "https://count.counted-none-true.example/3", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 60, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,1795349671000000,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(42,'news','counted-none-dateless',108,X'01A25BDFB59A53EB98159CBBE3A2E9F0','queued','{"action": "post", "text": "Story 3 of the day\nhttps://count.counted-none-false.example/3", "link": "https://count.counted-none-false.example/3", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 61, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,NULL,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(43,'news','none-none-dated',109,X'7C566122696D57438F482ACC047FD837','queued','{"action": "post", "text": "Story 3 of the day", "link": "", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 18, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,1795349671000000,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(44,'news','none-none-dateless',110,X'70CD7E37363CE451245483A34C2290C7','queued','{"action": "post", "text": "Story 3 of the day", "link": "", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 18, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,NULL,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(45,'news','own-own-dated',111,X'FA9B070C96AE44B000527E0175E6579B','queued','{"action": "post", "text": "Story 3 of the day\nhttps://own-own-true.example/a/3", "link": "https://own-own-true.example/a/3", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 51, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,1795349671000000,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(46,'news','own-own-dateless',112,X'4A6F1E1A11762E6E3131D96859CB23B9','queued','{"action": "post", "text": "Story 3 of the day\nhttps://own-own-false.example/a/3", "link": "https://own-own-false.example/a/3", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 52, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,NULL,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(47,'news','own-link-dated',113,X'8E4F1D13455825B7ED33EFC19261C4E5','queued','{"action": "post", "text": "Story 3 of the day\nhttps://own-link-true.example/a/3", "link": "https://own-link-true.example/a/3", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 52, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,1795349671000000,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(48,'news','own-link-dateless',114,X'18721D637501EB5319589D56C73ED5CE','queued','{"action": "post", "text": "Story 3 of the day\nhttps://own-link-false.example/a/3", "link": "https://own-link-false.example/a/3", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 53, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,NULL,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(49,'news','own-constant-dated',115,X'4E87AC8E96018A5C542AF503B44BB3F6','queued','{"action": "post", "text": "Story 2 of the day\nhttps://own-constant-true.example/a/2", "link": "https://own-constant-true.example/a/2", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 56, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,1795343371000000,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(50,'news','own-constant-dated',116,X'749565D4D96008CB84DE64BEA6D17D58','queued','{"action": "post", "text": "Story 3 of the day\nhttps://own-constant-true.example/a/3", "link": "https://own-constant-true.example/a/3", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 56, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,1795349671000000,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(51,'news','own-constant-dateless',117,X'56FDE4543CD219737E9E6560A265FBAE','queued','{"action": "post", "text": "Story 2 of the day\nhttps://own-constant-false.example/a/2", "link": "https://own-constant-false.example/a/2", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 57, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,NULL,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(52,'news','own-constant-dateless',118,X'9140EB08A1F26E586FFFEC2C4C650A0F','queued','{"action": "post", "text": "Story 3 of the day\nhttps://own-constant-false.example/a/3", "link": "https://own-constant-false.example/a/3", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 57, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,NULL,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(53,'news','own-random-dated',119,X'486D186DF07144C0A5EED1A51B913AD8','queued','{"action": "post", "text": "Story 3 of the day\nhttps://own-random-true.example/a/3", "link": "https://own-random-true.example/a/3", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 54, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,1795349671000000,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(54,'news','own-random-dateless',120,X'58CAAEB12F9B2731D80B050CDFD5165E','queued','{"action": "post", "text": "Story 3 of the day\nhttps://own-random-false.example/a/3", "link": "https://own-random-false.example/a/3", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 55, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,NULL,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(55,'news','own-permalink-dated',121,X'D815520698BE717D7DEB2257B3F0DE85','queued','{"action": "post", "text": "Story 3 of the day\nhttps://own-permalink-true.example/a/3", "link": "https://own-permalink-true.example/a/3", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 57, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,1795349671000000,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(56,'news','own-permalink-dateless',122,X'81343FA4C8901732761316B5D71B3078','queued','{"action": "post", "text": "Story 3 of the day\nhttps://own-permalink-false.example/a/3", "link": "https://own-permalink-false.example/a/3", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 58, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,NULL,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(57,'news','home-own-dated',123,X'ACA96ACE03CCA7D11D624A18BD3DE214','queued','{"action": "post", "text": "Story 2 of the day\nhttps://home-own-true.example/", "link": "https://home-own-true.example/", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 49, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,1795343371000000,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(58,'news','home-own-dated',124,X'2E39C996C88677653A8C299DD4061A90','queued','{"action": "post", "text": "Story 3 of the day\nhttps://home-own-true.example/", "link": "https://home-own-true.example/", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 49, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,1795349671000000,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(59,'news','home-own-dateless',125,X'E47BED0BA564B1FB088F32B629B33120','queued','{"action": "post", "text": "Story 2 of the day\nhttps://home-own-false.example/", "link": "https://home-own-false.example/", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 50, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,NULL,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(60,'news','home-own-dateless',126,X'B95238E6831F4F1F996CC47001B10B40','queued','{"action": "post", "text": "Story 3 of the day\nhttps://home-own-false.example/", "link": "https://home-own-false.example/", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 50, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,NULL,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(61,'news','home-place-dated',127,X'79542EC8AC1F85DC526E3401FEE42960','queued','{"action": "post", "text": "Story 1 of the day\nhttps://home-place-true.example/", "link": "https://home-place-true.example/", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 51, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,1795343311000000,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(62,'news','home-place-dated',128,X'6F49AD84B38A4294779A38B3BB7547D4','queued','{"action": "post", "text": "Story 3 of the day\nhttps://home-place-true.example/", "link": "https://home-place-true.example/", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 51, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,1795349671000000,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(63,'news','home-place-dateless',129,X'E6690D8026D46165E36984EFF1F57C6F','queued','{"action": "post", "text": "Story 1 of the day\nhttps://home-place-false.example/", "link": "https://home-place-false.example/", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 52, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,NULL,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(64,'news','home-place-dateless',130,X'631BE655DB38E34907BD2D240915982F','queued','{"action": "post", "text": "Story 3 of the day\nhttps://home-place-false.example/", "link": "https://home-place-false.example/", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 52, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795350151000000,1795350151000000,NULL,NULL,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(65,'news','session-link-dated',131,X'859D4918EB4662B763FE635C9E97CD62','queued','{"action": "post", "text": "Story 1 of the day\nhttps://session-link-true.example/view?t=1&sid=x2y", "link": "https://session-link-true.example/view?t=1&sid=x2y", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 69, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795351051000000,1795351051000000,NULL,1795343311000000,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(66,'news','session-link-dated',132,X'BE1DB770346C3E1774D64691DC80B394','queued','{"action": "post", "text": "Story 2 of the day\nhttps://session-link-true.example/view?t=2&sid=x2y", "link": "https://session-link-true.example/view?t=2&sid=x2y", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 69, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795351051000000,1795351051000000,NULL,1795343371000000,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(67,'news','session-link-dated',133,X'F52D8CE01ED317A70BD5E4A11EE18C28','queued','{"action": "post", "text": "Story 3 of the day\nhttps://session-link-true.example/view?t=3&sid=x2y", "link": "https://session-link-true.example/view?t=3&sid=x2y", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 69, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795351051000000,1795351051000000,NULL,1795349671000000,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(68,'news','session-link-dateless',134,X'7C67C198B344A2F7A230D92E6B160AD2','queued','{"action": "post", "text": "Story 1 of the day\nhttps://session-link-false.example/view?t=1&sid=x2y", "link": "https://session-link-false.example/view?t=1&sid=x2y", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 70, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795351051000000,1795351051000000,NULL,NULL,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(69,'news','session-link-dateless',135,X'A752AF393D264FC00C1BA2804CC3255D','queued','{"action": "post", "text": "Story 2 of the day\nhttps://session-link-false.example/view?t=2&sid=x2y", "link": "https://session-link-false.example/view?t=2&sid=x2y", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 70, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795351051000000,1795351051000000,NULL,NULL,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(70,'news','session-link-dateless',136,X'F4B49E82A63823CE5DA4EC3FB56ABD8B','queued','{"action": "post", "text": "Story 3 of the day\nhttps://session-link-false.example/view?t=3&sid=x2y", "link": "https://session-link-false.example/view?t=3&sid=x2y", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 70, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795351051000000,1795351051000000,NULL,NULL,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(71,'news','token-none-dated',137,X'014221FB955294687FB09AA322E6A207','queued','{"action": "post", "text": "Story 1 of the day\nhttps://cdn.token-none-true.example/1.mp3?time=2&hash=21", "link": "https://cdn.token-none-true.example/1.mp3?time=2&hash=21", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 75, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795351051000000,1795351051000000,NULL,1795343311000000,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(72,'news','token-none-dated',138,X'4C16C302C27CC863A6136105A586A73A','queued','{"action": "post", "text": "Story 2 of the day\nhttps://cdn.token-none-true.example/2.mp3?time=2&hash=22", "link": "https://cdn.token-none-true.example/2.mp3?time=2&hash=22", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 75, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795351051000000,1795351051000000,NULL,1795343371000000,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(73,'news','token-none-dated',139,X'63BDD88A1504E552078CB402DA9FAD82','queued','{"action": "post", "text": "Story 3 of the day\nhttps://cdn.token-none-true.example/3.mp3?time=2&hash=23", "link": "https://cdn.token-none-true.example/3.mp3?time=2&hash=23", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 75, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795351051000000,1795351051000000,NULL,1795349671000000,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(74,'news','token-none-dateless',140,X'4D8CC75BFFFCE0F581DFF6A67415807D','queued','{"action": "post", "text": "Story 1 of the day\nhttps://cdn.token-none-false.example/1.mp3?time=2&hash=21", "link": "https://cdn.token-none-false.example/1.mp3?time=2&hash=21", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 76, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795351051000000,1795351051000000,NULL,NULL,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(75,'news','token-none-dateless',141,X'ED4DA670E21D5F9E9F52E6C13326979E','queued','{"action": "post", "text": "Story 2 of the day\nhttps://cdn.token-none-false.example/2.mp3?time=2&hash=22", "link": "https://cdn.token-none-false.example/2.mp3?time=2&hash=22", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 76, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795351051000000,1795351051000000,NULL,NULL,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(76,'news','token-none-dateless',142,X'99F96CEE485A869D11B77F49D0725B2C','queued','{"action": "post", "text": "Story 3 of the day\nhttps://cdn.token-none-false.example/3.mp3?time=2&hash=23", "link": "https://cdn.token-none-false.example/3.mp3?time=2&hash=23", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 76, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795351051000000,1795351051000000,NULL,NULL,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(77,'news','www-none-dated',143,X'761C557875F20B6C6758B001A9FFE675','queued','{"action": "post", "text": "Story 3 of the day\nhttps://www-none-true.example/a/3", "link": "https://www-none-true.example/a/3", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 52, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795351051000000,1795351051000000,NULL,1795349671000000,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(78,'news','www-none-dateless',144,X'062A5A66682B6FA5F485D13A1C027BB8','queued','{"action": "post", "text": "Story 3 of the day\nhttps://www-none-false.example/a/3", "link": "https://www-none-false.example/a/3", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 53, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795351051000000,1795351051000000,NULL,NULL,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(79,'news','slash-none-dated',145,X'CA0D14AFA3880F3C4DD4C02013BDCBB6','queued','{"action": "post", "text": "Story 3 of the day\nhttps://slash-none-true.example/a/3", "link": "https://slash-none-true.example/a/3", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 54, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795351051000000,1795351051000000,NULL,1795349671000000,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(80,'news','slash-none-dateless',146,X'C3B987823F396D536EC6BAD213A92510','queued','{"action": "post", "text": "Story 3 of the day\nhttps://slash-none-false.example/a/3", "link": "https://slash-none-false.example/a/3", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 55, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795351051000000,1795351051000000,NULL,NULL,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(81,'news','amp-none-dated',147,X'0FA83CD95554C53E8A161103813BB295','queued','{"action": "post", "text": "Story 3 of the day\nhttps://amp-none-true.example/a/3", "link": "https://amp-none-true.example/a/3", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 52, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795351051000000,1795351051000000,NULL,1795349671000000,0,0,0,NULL,NULL,'','','',NULL);
INSERT INTO "delivery" VALUES(82,'news','amp-none-dateless',148,X'3BC919C6210DFB2F73C9DACA3696E993','queued','{"action": "post", "text": "Story 3 of the day\nhttps://amp-none-false.example/a/3", "link": "https://amp-none-false.example/a/3", "uri": "", "visibility": "unlisted", "language": "", "spoiler": "", "media": [], "length": 53, "limit": 500, "shorter": "", "is_bundle": false, "continues": 0, "may_mention": false}',1795351051000000,1795351051000000,NULL,NULL,0,0,0,NULL,NULL,'','','',NULL);
CREATE TABLE entry (
	id INTEGER NOT NULL, 
	source_id INTEGER NOT NULL, 
	"key" BLOB NOT NULL, 
	guid TEXT NOT NULL, 
	link TEXT NOT NULL, 
	title TEXT NOT NULL, 
	seen_at BIGINT NOT NULL, 
	content JSON, 
	CONSTRAINT pk_entry PRIMARY KEY (id), 
	CONSTRAINT fk_entry_source_id_source FOREIGN KEY(source_id) REFERENCES source (id) ON DELETE CASCADE
);
INSERT INTO "entry" VALUES(1,1,X'551D3AB58A2242692FF0B79464DBFCD1','','https://own-none-true.example/a/1','Story 1 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(2,1,X'595854149834E8842B8ACB8FCB7283D5','','https://own-none-true.example/a/2','Story 2 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(3,2,X'4AFC28D1998BE5087C9759FF29853002','','https://own-none-false.example/a/1','Story 1 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(4,2,X'D05B2E7556AEFB199379B4BBAA9B26CF','','https://own-none-false.example/a/2','Story 2 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(5,3,X'42D7BDA78128924EE575D0E52DCD4C04','','https://home-none-true.example/','Story 1 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(6,4,X'6B63F0753B4154851E700545A9E19D59','','https://home-none-false.example/','Story 1 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(7,5,X'93B82D071EF076F629D02095E915BD1E','https://fragment-link-true.example/changes#v1','https://fragment-link-true.example/changes#v1','Story 1 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(8,6,X'C4494FE59DF37A41C03D111B2CC4BC6D','https://fragment-link-false.example/changes#v1','https://fragment-link-false.example/changes#v1','Story 1 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(9,7,X'CC4BF94901C758335A015465214BDBFC','','https://query-none-true.example/view?id=1&lang=en','Story 1 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(10,7,X'72E678944FEDB3C55B8B3506921FEB4F','','https://query-none-true.example/view?id=2&lang=en','Story 2 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(11,8,X'AB8DAE9F97795F5E38E64487C432F987','','https://query-none-false.example/view?id=1&lang=en','Story 1 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(12,8,X'3AA76479A0172D7598E1D076C5D51628','','https://query-none-false.example/view?id=2&lang=en','Story 2 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(13,9,X'A36A7EA325A8A7C3F36F9E70E9405EF4','https://session-link-true.example/view?t=1&sid=x0y','https://session-link-true.example/view?t=1&sid=x0y','Story 1 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(14,9,X'6F5F2E7479F584332B4753B163A2B8C7','https://session-link-true.example/view?t=2&sid=x0y','https://session-link-true.example/view?t=2&sid=x0y','Story 2 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(15,10,X'15EB05FC4902B780E0ABEF78342503B8','https://session-link-false.example/view?t=1&sid=x0y','https://session-link-false.example/view?t=1&sid=x0y','Story 1 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(16,10,X'B30E8EE2DF8F0E40029723178207C5CE','https://session-link-false.example/view?t=2&sid=x0y','https://session-link-false.example/view?t=2&sid=x0y','Story 2 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(17,11,X'87F62C2B29ED2777EBB1EAEF1233E806','','https://cdn.token-none-true.example/1.mp3?time=0&hash=01','Story 1 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(18,11,X'54E7141DBF394861CF9AB22DCA4D6230','','https://cdn.token-none-true.example/2.mp3?time=0&hash=02','Story 2 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(19,12,X'CD16E13F6FE03E17B24340591FB3C937','','https://cdn.token-none-false.example/1.mp3?time=0&hash=01','Story 1 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(20,12,X'EC06E5E36D2C1F440EA1A74E00FF39A1','','https://cdn.token-none-false.example/2.mp3?time=0&hash=02','Story 2 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(21,13,X'3086A4354C5C427D8007A63DE9E16629','','https://www-none-true.example/a/1','Story 1 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(22,13,X'A2E44943C69DCB3B6245723127DE9FDD','','https://www-none-true.example/a/2','Story 2 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(23,14,X'5BC974859E8C2104BD8EDC50517EFFAF','','https://www-none-false.example/a/1','Story 1 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(24,14,X'10EE3BD9CA0B361AC9A36214EBD352A6','','https://www-none-false.example/a/2','Story 2 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(25,15,X'2A047F54350D37F73BDFC71D4A1BF8B9','','https://slash-none-true.example/a/1','Story 1 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(26,15,X'57D55C1538A016D13B00340D02486618','','https://slash-none-true.example/a/2','Story 2 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(27,16,X'553202F0EB800AE19917D93BF079D1FF','','https://slash-none-false.example/a/1','Story 1 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(28,16,X'DBBFDCB32982EB341F1F9B0FAA97B421','','https://slash-none-false.example/a/2','Story 2 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(29,17,X'E2F49926B31711272AA105399F28D3AD','','https://amp-none-true.example/a/1','Story 1 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(30,17,X'05DD223F0C2A19C5F2ADB6A4862BC62F','','https://amp-none-true.example/a/2','Story 2 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(31,18,X'8FFC3EF449913553EBCD9584BF563DBB','','https://amp-none-false.example/a/1','Story 1 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(32,18,X'4AEF5BE2839FB0E24205FD7335B4749E','','https://amp-none-false.example/a/2','Story 2 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(33,19,X'E24A31662E0146962799D59E058F881F','','https://count.counted-none-true.example/1','Story 1 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(34,19,X'F2A3292FDEF727E4670E2BDDF1196414','','https://count.counted-none-true.example/2','Story 2 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(35,20,X'B22D169ADFE6907F3CB6A6698A77FC33','','https://count.counted-none-false.example/1','Story 1 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(36,20,X'FF671F2E8E89B58B9A51AD6694704A85','','https://count.counted-none-false.example/2','Story 2 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(37,21,X'4841D5B08D32F99CBEA148B59B9F5CF8','','','Story 1 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(38,21,X'0929F4E1F47D54034F654399A1E818AE','','','Story 2 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(39,22,X'95AAA72F60932578441CAB81294901CE','','','Story 1 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(40,22,X'CB436D51FA62CC25194AEE24890869CD','','','Story 2 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(41,23,X'C061927102DB212A6CA769048B0EF046','id-1','https://own-own-true.example/a/1','Story 1 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(42,23,X'A438A447169A96C7611A03B189D331FB','id-2','https://own-own-true.example/a/2','Story 2 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(43,24,X'BF4B93B19B15261FCB21D0A70FD83F84','id-1','https://own-own-false.example/a/1','Story 1 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(44,24,X'D1F7011BDF124E03A27AEB28B124FE0D','id-2','https://own-own-false.example/a/2','Story 2 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(45,25,X'9DCC557D6C55589321EB0090413287FA','https://own-link-true.example/a/1','https://own-link-true.example/a/1','Story 1 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(46,25,X'368D2D6E34AFDB81EDF56A2E37084A70','https://own-link-true.example/a/2','https://own-link-true.example/a/2','Story 2 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(47,26,X'F56F11F3D55303C5CFEDECA67DB0B26C','https://own-link-false.example/a/1','https://own-link-false.example/a/1','Story 1 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(48,26,X'4483C8296B33775E92EE735E5C4952BC','https://own-link-false.example/a/2','https://own-link-false.example/a/2','Story 2 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(49,27,X'FB0908405A27354BE42CDE9719C5C230','1','https://own-place-true.example/a/1','Story 1 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(50,27,X'D74BEDB08C86B50DB33B7AB91E62B2C4','0','https://own-place-true.example/a/2','Story 2 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(51,28,X'4F39A073EEB1B1CEBBEE57CA83C7C5BD','1','https://own-place-false.example/a/1','Story 1 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(52,28,X'61F9C811BBAC054BB4C33227C9C617DB','0','https://own-place-false.example/a/2','Story 2 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(53,29,X'B2791214E8C3BC93A3E17803542B0FBA','0','https://own-constant-true.example/a/1','Story 1 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(54,30,X'D28F5190452EB62917C7042436EE7F7E','0','https://own-constant-false.example/a/1','Story 1 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(55,31,X'D07710D9EE9525F8F9505989D38550FB','0-31','https://own-random-true.example/a/1','Story 1 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(56,31,X'2628C2EC8C68B41B19980DC3A0A3D122','0-62','https://own-random-true.example/a/2','Story 2 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(57,32,X'022088CDEC20EFCFC4F40B5A11CD0B6C','0-31','https://own-random-false.example/a/1','Story 1 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(58,32,X'89078CC029AD131FEB71AC651AC787B0','0-62','https://own-random-false.example/a/2','Story 2 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(59,33,X'47C8C499A2123DD5E4CD527D5003DCF9','https://own-permalink-true.example/a/1','https://own-permalink-true.example/a/1','Story 1 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(60,33,X'D2AA391B947026B10BD80F801DFCED11','https://own-permalink-true.example/a/2','https://own-permalink-true.example/a/2','Story 2 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(61,34,X'E388A94DEE45C7AF1D2953627E3B7DD2','https://own-permalink-false.example/a/1','https://own-permalink-false.example/a/1','Story 1 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(62,34,X'405ED8AF35619A89E0A134AF24FF9977','https://own-permalink-false.example/a/2','https://own-permalink-false.example/a/2','Story 2 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(63,35,X'2BFBBD2CA34C3A9D0337B538BC326A15','id-1','https://home-own-true.example/','Story 1 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(64,36,X'A55375E3E5F67F7899385613640C1A91','id-1','https://home-own-false.example/','Story 1 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(65,37,X'150F85E94B5EA7FB6206651795061F7E','1','https://home-place-true.example/','Story 1 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(66,38,X'58274292CFF497C398465362EC87023D','1','https://home-place-false.example/','Story 1 of the day',1795349251000000,NULL);
INSERT INTO "entry" VALUES(67,1,X'4DD2979D853ED9E761E60CD8C5C731E8','','https://own-none-true.example/a/3','Story 3 of the day',1795350151000000,'{"title": "Story 3 of the day", "link": "https://own-none-true.example/a/3", "guid": "", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": "2026-11-22T12:14:31Z", "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(68,2,X'98EDD48D4EE967AB7B8FBAFC02046DD3','','https://own-none-false.example/a/3','Story 3 of the day',1795350151000000,'{"title": "Story 3 of the day", "link": "https://own-none-false.example/a/3", "guid": "", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": null, "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(69,5,X'B2546E78928C6F5AB5D4EBD78F0847B0','https://fragment-link-true.example/changes#v1','https://fragment-link-true.example/changes#v1','Story 1 of the day',1795350151000000,'{"title": "Story 1 of the day", "link": "https://fragment-link-true.example/changes#v1", "guid": "https://fragment-link-true.example/changes#v1", "uri": "", "summary": "What happened: 7919", "authors": [], "published_at": "2026-11-22T10:28:31Z", "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(70,5,X'6552940A0C5B037D8B16A9B9D9F9B33E','https://fragment-link-true.example/changes#v2','https://fragment-link-true.example/changes#v2','Story 2 of the day',1795350151000000,'{"title": "Story 2 of the day", "link": "https://fragment-link-true.example/changes#v2", "guid": "https://fragment-link-true.example/changes#v2", "uri": "", "summary": "What happened: 15838", "authors": [], "published_at": "2026-11-22T10:29:31Z", "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(71,5,X'9E21CAF747E211EE3E6CBFE3DE698A6B','https://fragment-link-true.example/changes#v3','https://fragment-link-true.example/changes#v3','Story 3 of the day',1795350151000000,'{"title": "Story 3 of the day", "link": "https://fragment-link-true.example/changes#v3", "guid": "https://fragment-link-true.example/changes#v3", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": "2026-11-22T12:14:31Z", "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(72,6,X'669B6EE4AE920F938B46A8F5B7EDE0B0','https://fragment-link-false.example/changes#v1','https://fragment-link-false.example/changes#v1','Story 1 of the day',1795350151000000,'{"title": "Story 1 of the day", "link": "https://fragment-link-false.example/changes#v1", "guid": "https://fragment-link-false.example/changes#v1", "uri": "", "summary": "What happened: 7919", "authors": [], "published_at": null, "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(73,6,X'72481784E1AD48BC40998E51EC96AE44','https://fragment-link-false.example/changes#v2','https://fragment-link-false.example/changes#v2','Story 2 of the day',1795350151000000,'{"title": "Story 2 of the day", "link": "https://fragment-link-false.example/changes#v2", "guid": "https://fragment-link-false.example/changes#v2", "uri": "", "summary": "What happened: 15838", "authors": [], "published_at": null, "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(74,6,X'F0576C2C7371C420933B719CC18FE606','https://fragment-link-false.example/changes#v3','https://fragment-link-false.example/changes#v3','Story 3 of the day',1795350151000000,'{"title": "Story 3 of the day", "link": "https://fragment-link-false.example/changes#v3", "guid": "https://fragment-link-false.example/changes#v3", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": null, "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(75,7,X'E693627D8E764A02BB9DA65F80B39F87','','https://query-none-true.example/view?id=3&lang=en','Story 3 of the day',1795350151000000,'{"title": "Story 3 of the day", "link": "https://query-none-true.example/view?id=3&lang=en", "guid": "", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": "2026-11-22T12:14:31Z", "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(76,8,X'EFA6D8907B5FED311D34B2EFC44E0288','','https://query-none-false.example/view?id=3&lang=en','Story 3 of the day',1795350151000000,'{"title": "Story 3 of the day", "link": "https://query-none-false.example/view?id=3&lang=en", "guid": "", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": null, "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(77,9,X'A7D8A6B593693657FD59D90DB291BF5A','https://session-link-true.example/view?t=1&sid=x1y','https://session-link-true.example/view?t=1&sid=x1y','Story 1 of the day',1795350151000000,'{"title": "Story 1 of the day", "link": "https://session-link-true.example/view?t=1&sid=x1y", "guid": "https://session-link-true.example/view?t=1&sid=x1y", "uri": "", "summary": "What happened: 7919", "authors": [], "published_at": "2026-11-22T10:28:31Z", "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(78,9,X'1C8818BD7AE0CD246FC5903FC9FB911A','https://session-link-true.example/view?t=2&sid=x1y','https://session-link-true.example/view?t=2&sid=x1y','Story 2 of the day',1795350151000000,'{"title": "Story 2 of the day", "link": "https://session-link-true.example/view?t=2&sid=x1y", "guid": "https://session-link-true.example/view?t=2&sid=x1y", "uri": "", "summary": "What happened: 15838", "authors": [], "published_at": "2026-11-22T10:29:31Z", "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(79,9,X'6985AD10CED31DA802E6F1DBD5E35239','https://session-link-true.example/view?t=3&sid=x1y','https://session-link-true.example/view?t=3&sid=x1y','Story 3 of the day',1795350151000000,'{"title": "Story 3 of the day", "link": "https://session-link-true.example/view?t=3&sid=x1y", "guid": "https://session-link-true.example/view?t=3&sid=x1y", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": "2026-11-22T12:14:31Z", "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(80,10,X'B9230B9DE1A212AAC9C51EA3D4677319','https://session-link-false.example/view?t=1&sid=x1y','https://session-link-false.example/view?t=1&sid=x1y','Story 1 of the day',1795350151000000,'{"title": "Story 1 of the day", "link": "https://session-link-false.example/view?t=1&sid=x1y", "guid": "https://session-link-false.example/view?t=1&sid=x1y", "uri": "", "summary": "What happened: 7919", "authors": [], "published_at": null, "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(81,10,X'AE5D848343A662D65DC29371DEE72621','https://session-link-false.example/view?t=2&sid=x1y','https://session-link-false.example/view?t=2&sid=x1y','Story 2 of the day',1795350151000000,'{"title": "Story 2 of the day", "link": "https://session-link-false.example/view?t=2&sid=x1y", "guid": "https://session-link-false.example/view?t=2&sid=x1y", "uri": "", "summary": "What happened: 15838", "authors": [], "published_at": null, "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(82,10,X'E14EAD6D2D9A2F09F0925C1BA17351AE','https://session-link-false.example/view?t=3&sid=x1y','https://session-link-false.example/view?t=3&sid=x1y','Story 3 of the day',1795350151000000,'{"title": "Story 3 of the day", "link": "https://session-link-false.example/view?t=3&sid=x1y", "guid": "https://session-link-false.example/view?t=3&sid=x1y", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": null, "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(83,11,X'51472CF32EAD18FEFD8F819D5A2954F9','','https://cdn.token-none-true.example/1.mp3?time=1&hash=11','Story 1 of the day',1795350151000000,'{"title": "Story 1 of the day", "link": "https://cdn.token-none-true.example/1.mp3?time=1&hash=11", "guid": "", "uri": "", "summary": "What happened: 7919", "authors": [], "published_at": "2026-11-22T10:28:31Z", "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(84,11,X'57B6071CD3CBA5C0B1496F807BB3C9E7','','https://cdn.token-none-true.example/2.mp3?time=1&hash=12','Story 2 of the day',1795350151000000,'{"title": "Story 2 of the day", "link": "https://cdn.token-none-true.example/2.mp3?time=1&hash=12", "guid": "", "uri": "", "summary": "What happened: 15838", "authors": [], "published_at": "2026-11-22T10:29:31Z", "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(85,11,X'4412D8A36DD41B502E8D2E9FD03ADE2E','','https://cdn.token-none-true.example/3.mp3?time=1&hash=13','Story 3 of the day',1795350151000000,'{"title": "Story 3 of the day", "link": "https://cdn.token-none-true.example/3.mp3?time=1&hash=13", "guid": "", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": "2026-11-22T12:14:31Z", "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(86,12,X'57A803A5F5B4535A5D8686AE5C1797B6','','https://cdn.token-none-false.example/1.mp3?time=1&hash=11','Story 1 of the day',1795350151000000,'{"title": "Story 1 of the day", "link": "https://cdn.token-none-false.example/1.mp3?time=1&hash=11", "guid": "", "uri": "", "summary": "What happened: 7919", "authors": [], "published_at": null, "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(87,12,X'2E349F652066ADC2958CDAC5CECA9E16','','https://cdn.token-none-false.example/2.mp3?time=1&hash=12','Story 2 of the day',1795350151000000,'{"title": "Story 2 of the day", "link": "https://cdn.token-none-false.example/2.mp3?time=1&hash=12", "guid": "", "uri": "", "summary": "What happened: 15838", "authors": [], "published_at": null, "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(88,12,X'74AE2D64FBBFDB86B4D2A3C60730C99D','','https://cdn.token-none-false.example/3.mp3?time=1&hash=13','Story 3 of the day',1795350151000000,'{"title": "Story 3 of the day", "link": "https://cdn.token-none-false.example/3.mp3?time=1&hash=13", "guid": "", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": null, "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(89,13,X'167214014AB69A6AE53F9467E37ECFA8','','https://www.www-none-true.example/a/1','Story 1 of the day',1795350151000000,'{"title": "Story 1 of the day", "link": "https://www.www-none-true.example/a/1", "guid": "", "uri": "", "summary": "What happened: 7919", "authors": [], "published_at": "2026-11-22T10:28:31Z", "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(90,13,X'88003D14B8FD10E5DCA9FF34F5CEC42A','','https://www.www-none-true.example/a/2','Story 2 of the day',1795350151000000,'{"title": "Story 2 of the day", "link": "https://www.www-none-true.example/a/2", "guid": "", "uri": "", "summary": "What happened: 15838", "authors": [], "published_at": "2026-11-22T10:29:31Z", "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(91,13,X'71BC918138160DBDB2840297D4027E7A','','https://www.www-none-true.example/a/3','Story 3 of the day',1795350151000000,'{"title": "Story 3 of the day", "link": "https://www.www-none-true.example/a/3", "guid": "", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": "2026-11-22T12:14:31Z", "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(92,14,X'D2CC5F9457079952722D6E83904C23C7','','https://www.www-none-false.example/a/1','Story 1 of the day',1795350151000000,'{"title": "Story 1 of the day", "link": "https://www.www-none-false.example/a/1", "guid": "", "uri": "", "summary": "What happened: 7919", "authors": [], "published_at": null, "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(93,14,X'F18E02AFBF3E69C9FB37AB0991102492','','https://www.www-none-false.example/a/2','Story 2 of the day',1795350151000000,'{"title": "Story 2 of the day", "link": "https://www.www-none-false.example/a/2", "guid": "", "uri": "", "summary": "What happened: 15838", "authors": [], "published_at": null, "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(94,14,X'8C6785528C2FE5779CAA370379A1FEAA','','https://www.www-none-false.example/a/3','Story 3 of the day',1795350151000000,'{"title": "Story 3 of the day", "link": "https://www.www-none-false.example/a/3", "guid": "", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": null, "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(95,15,X'876DFC1055E19CA614A6841B2D189D6B','','https://slash-none-true.example/a/1/','Story 1 of the day',1795350151000000,'{"title": "Story 1 of the day", "link": "https://slash-none-true.example/a/1/", "guid": "", "uri": "", "summary": "What happened: 7919", "authors": [], "published_at": "2026-11-22T10:28:31Z", "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(96,15,X'3C8F098F899B633A6D812224B250D06D','','https://slash-none-true.example/a/2/','Story 2 of the day',1795350151000000,'{"title": "Story 2 of the day", "link": "https://slash-none-true.example/a/2/", "guid": "", "uri": "", "summary": "What happened: 15838", "authors": [], "published_at": "2026-11-22T10:29:31Z", "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(97,15,X'9D2522DE1059F417025784D3F57FB24B','','https://slash-none-true.example/a/3/','Story 3 of the day',1795350151000000,'{"title": "Story 3 of the day", "link": "https://slash-none-true.example/a/3/", "guid": "", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": "2026-11-22T12:14:31Z", "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(98,16,X'5DD23E96C877D98A1179DB700F403285','','https://slash-none-false.example/a/1/','Story 1 of the day',1795350151000000,'{"title": "Story 1 of the day", "link": "https://slash-none-false.example/a/1/", "guid": "", "uri": "", "summary": "What happened: 7919", "authors": [], "published_at": null, "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(99,16,X'C6DF6E177CF1B550602AEDFC2A8F53EA','','https://slash-none-false.example/a/2/','Story 2 of the day',1795350151000000,'{"title": "Story 2 of the day", "link": "https://slash-none-false.example/a/2/", "guid": "", "uri": "", "summary": "What happened: 15838", "authors": [], "published_at": null, "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(100,16,X'A12DA9F7B6A5DE7386FEFB6CF7C0A632','','https://slash-none-false.example/a/3/','Story 3 of the day',1795350151000000,'{"title": "Story 3 of the day", "link": "https://slash-none-false.example/a/3/", "guid": "", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": null, "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(101,17,X'8592C68E1EB437C973C46A5804C01624','','https://amp-none-true.example/a/1/amp','Story 1 of the day',1795350151000000,'{"title": "Story 1 of the day", "link": "https://amp-none-true.example/a/1/amp", "guid": "", "uri": "", "summary": "What happened: 7919", "authors": [], "published_at": "2026-11-22T10:28:31Z", "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(102,17,X'C46E9168E89B27B165F554411940B40B','','https://amp-none-true.example/a/2/amp','Story 2 of the day',1795350151000000,'{"title": "Story 2 of the day", "link": "https://amp-none-true.example/a/2/amp", "guid": "", "uri": "", "summary": "What happened: 15838", "authors": [], "published_at": "2026-11-22T10:29:31Z", "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(103,17,X'7E88212D751B3DBDF84E1F3CA4CF2CF7','','https://amp-none-true.example/a/3/amp','Story 3 of the day',1795350151000000,'{"title": "Story 3 of the day", "link": "https://amp-none-true.example/a/3/amp", "guid": "", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": "2026-11-22T12:14:31Z", "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(104,18,X'94C0284407BBBFA3926B8C9C55C84DFD','','https://amp-none-false.example/a/1/amp','Story 1 of the day',1795350151000000,'{"title": "Story 1 of the day", "link": "https://amp-none-false.example/a/1/amp", "guid": "", "uri": "", "summary": "What happened: 7919", "authors": [], "published_at": null, "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(105,18,X'4D8BBCDC3641B9D7EB208EDA29DB4737','','https://amp-none-false.example/a/2/amp','Story 2 of the day',1795350151000000,'{"title": "Story 2 of the day", "link": "https://amp-none-false.example/a/2/amp", "guid": "", "uri": "", "summary": "What happened: 15838", "authors": [], "published_at": null, "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(106,18,X'C5C3F4CE628EB126396450AA5EEE0FD5','','https://amp-none-false.example/a/3/amp','Story 3 of the day',1795350151000000,'{"title": "Story 3 of the day", "link": "https://amp-none-false.example/a/3/amp", "guid": "", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": null, "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(107,19,X'63B4066271E865FCBC52A3A004F1E2CC','','https://count.counted-none-true.example/3','Story 3 of the day',1795350151000000,'{"title": "Story 3 of the day", "link": "https://count.counted-none-true.example/3", "guid": "", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": "2026-11-22T12:14:31Z", "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(108,20,X'01A25BDFB59A53EB98159CBBE3A2E9F0','','https://count.counted-none-false.example/3','Story 3 of the day',1795350151000000,'{"title": "Story 3 of the day", "link": "https://count.counted-none-false.example/3", "guid": "", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": null, "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(109,21,X'32F36231C0C5BF975F4D800F83E85317','','','Story 3 of the day',1795350151000000,'{"title": "Story 3 of the day", "link": "", "guid": "", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": "2026-11-22T12:14:31Z", "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(110,22,X'D4A622806B030A2B19C7897B03EBFD84','','','Story 3 of the day',1795350151000000,'{"title": "Story 3 of the day", "link": "", "guid": "", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": null, "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(111,23,X'FA9B070C96AE44B000527E0175E6579B','id-3','https://own-own-true.example/a/3','Story 3 of the day',1795350151000000,'{"title": "Story 3 of the day", "link": "https://own-own-true.example/a/3", "guid": "id-3", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": "2026-11-22T12:14:31Z", "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(112,24,X'4A6F1E1A11762E6E3131D96859CB23B9','id-3','https://own-own-false.example/a/3','Story 3 of the day',1795350151000000,'{"title": "Story 3 of the day", "link": "https://own-own-false.example/a/3", "guid": "id-3", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": null, "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(113,25,X'8E4F1D13455825B7ED33EFC19261C4E5','https://own-link-true.example/a/3','https://own-link-true.example/a/3','Story 3 of the day',1795350151000000,'{"title": "Story 3 of the day", "link": "https://own-link-true.example/a/3", "guid": "https://own-link-true.example/a/3", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": "2026-11-22T12:14:31Z", "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(114,26,X'18721D637501EB5319589D56C73ED5CE','https://own-link-false.example/a/3','https://own-link-false.example/a/3','Story 3 of the day',1795350151000000,'{"title": "Story 3 of the day", "link": "https://own-link-false.example/a/3", "guid": "https://own-link-false.example/a/3", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": null, "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(115,29,X'4E87AC8E96018A5C542AF503B44BB3F6','0','https://own-constant-true.example/a/2','Story 2 of the day',1795350151000000,'{"title": "Story 2 of the day", "link": "https://own-constant-true.example/a/2", "guid": "0", "uri": "", "summary": "What happened: 15838", "authors": [], "published_at": "2026-11-22T10:29:31Z", "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(116,29,X'749565D4D96008CB84DE64BEA6D17D58','0','https://own-constant-true.example/a/3','Story 3 of the day',1795350151000000,'{"title": "Story 3 of the day", "link": "https://own-constant-true.example/a/3", "guid": "0", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": "2026-11-22T12:14:31Z", "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(117,30,X'56FDE4543CD219737E9E6560A265FBAE','0','https://own-constant-false.example/a/2','Story 2 of the day',1795350151000000,'{"title": "Story 2 of the day", "link": "https://own-constant-false.example/a/2", "guid": "0", "uri": "", "summary": "What happened: 15838", "authors": [], "published_at": null, "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(118,30,X'9140EB08A1F26E586FFFEC2C4C650A0F','0','https://own-constant-false.example/a/3','Story 3 of the day',1795350151000000,'{"title": "Story 3 of the day", "link": "https://own-constant-false.example/a/3", "guid": "0", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": null, "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(119,31,X'486D186DF07144C0A5EED1A51B913AD8','1-93','https://own-random-true.example/a/3','Story 3 of the day',1795350151000000,'{"title": "Story 3 of the day", "link": "https://own-random-true.example/a/3", "guid": "1-93", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": "2026-11-22T12:14:31Z", "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(120,32,X'58CAAEB12F9B2731D80B050CDFD5165E','1-93','https://own-random-false.example/a/3','Story 3 of the day',1795350151000000,'{"title": "Story 3 of the day", "link": "https://own-random-false.example/a/3", "guid": "1-93", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": null, "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(121,33,X'D815520698BE717D7DEB2257B3F0DE85','https://own-permalink-true.example/a/3','https://own-permalink-true.example/a/3','Story 3 of the day',1795350151000000,'{"title": "Story 3 of the day", "link": "https://own-permalink-true.example/a/3", "guid": "https://own-permalink-true.example/a/3", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": "2026-11-22T12:14:31Z", "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(122,34,X'81343FA4C8901732761316B5D71B3078','https://own-permalink-false.example/a/3','https://own-permalink-false.example/a/3','Story 3 of the day',1795350151000000,'{"title": "Story 3 of the day", "link": "https://own-permalink-false.example/a/3", "guid": "https://own-permalink-false.example/a/3", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": null, "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(123,35,X'C6F7111E68D7453AE9E772B0C2B98C9E','id-2','https://home-own-true.example/','Story 2 of the day',1795350151000000,'{"title": "Story 2 of the day", "link": "https://home-own-true.example/", "guid": "id-2", "uri": "", "summary": "What happened: 15838", "authors": [], "published_at": "2026-11-22T10:29:31Z", "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(124,35,X'48A080C38333F979E06C4061B242E68F','id-3','https://home-own-true.example/','Story 3 of the day',1795350151000000,'{"title": "Story 3 of the day", "link": "https://home-own-true.example/", "guid": "id-3", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": "2026-11-22T12:14:31Z", "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(125,36,X'C6F7111E68D7453AE9E772B0C2B98C9E','id-2','https://home-own-false.example/','Story 2 of the day',1795350151000000,'{"title": "Story 2 of the day", "link": "https://home-own-false.example/", "guid": "id-2", "uri": "", "summary": "What happened: 15838", "authors": [], "published_at": null, "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(126,36,X'48A080C38333F979E06C4061B242E68F','id-3','https://home-own-false.example/','Story 3 of the day',1795350151000000,'{"title": "Story 3 of the day", "link": "https://home-own-false.example/", "guid": "id-3", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": null, "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(127,37,X'60384AED8B5089BAC43A08FA17CA212A','2','https://home-place-true.example/','Story 1 of the day',1795350151000000,'{"title": "Story 1 of the day", "link": "https://home-place-true.example/", "guid": "2", "uri": "", "summary": "What happened: 7919", "authors": [], "published_at": "2026-11-22T10:28:31Z", "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(128,37,X'E05C37BAE97E687A19396D73EBA78B5F','0','https://home-place-true.example/','Story 3 of the day',1795350151000000,'{"title": "Story 3 of the day", "link": "https://home-place-true.example/", "guid": "0", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": "2026-11-22T12:14:31Z", "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(129,38,X'60384AED8B5089BAC43A08FA17CA212A','2','https://home-place-false.example/','Story 1 of the day',1795350151000000,'{"title": "Story 1 of the day", "link": "https://home-place-false.example/", "guid": "2", "uri": "", "summary": "What happened: 7919", "authors": [], "published_at": null, "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(130,38,X'E05C37BAE97E687A19396D73EBA78B5F','0','https://home-place-false.example/','Story 3 of the day',1795350151000000,'{"title": "Story 3 of the day", "link": "https://home-place-false.example/", "guid": "0", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": null, "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(131,9,X'859D4918EB4662B763FE635C9E97CD62','https://session-link-true.example/view?t=1&sid=x2y','https://session-link-true.example/view?t=1&sid=x2y','Story 1 of the day',1795351051000000,'{"title": "Story 1 of the day", "link": "https://session-link-true.example/view?t=1&sid=x2y", "guid": "https://session-link-true.example/view?t=1&sid=x2y", "uri": "", "summary": "What happened: 7919", "authors": [], "published_at": "2026-11-22T10:28:31Z", "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(132,9,X'BE1DB770346C3E1774D64691DC80B394','https://session-link-true.example/view?t=2&sid=x2y','https://session-link-true.example/view?t=2&sid=x2y','Story 2 of the day',1795351051000000,'{"title": "Story 2 of the day", "link": "https://session-link-true.example/view?t=2&sid=x2y", "guid": "https://session-link-true.example/view?t=2&sid=x2y", "uri": "", "summary": "What happened: 15838", "authors": [], "published_at": "2026-11-22T10:29:31Z", "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(133,9,X'F52D8CE01ED317A70BD5E4A11EE18C28','https://session-link-true.example/view?t=3&sid=x2y','https://session-link-true.example/view?t=3&sid=x2y','Story 3 of the day',1795351051000000,'{"title": "Story 3 of the day", "link": "https://session-link-true.example/view?t=3&sid=x2y", "guid": "https://session-link-true.example/view?t=3&sid=x2y", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": "2026-11-22T12:14:31Z", "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(134,10,X'7C67C198B344A2F7A230D92E6B160AD2','https://session-link-false.example/view?t=1&sid=x2y','https://session-link-false.example/view?t=1&sid=x2y','Story 1 of the day',1795351051000000,'{"title": "Story 1 of the day", "link": "https://session-link-false.example/view?t=1&sid=x2y", "guid": "https://session-link-false.example/view?t=1&sid=x2y", "uri": "", "summary": "What happened: 7919", "authors": [], "published_at": null, "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(135,10,X'A752AF393D264FC00C1BA2804CC3255D','https://session-link-false.example/view?t=2&sid=x2y','https://session-link-false.example/view?t=2&sid=x2y','Story 2 of the day',1795351051000000,'{"title": "Story 2 of the day", "link": "https://session-link-false.example/view?t=2&sid=x2y", "guid": "https://session-link-false.example/view?t=2&sid=x2y", "uri": "", "summary": "What happened: 15838", "authors": [], "published_at": null, "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(136,10,X'F4B49E82A63823CE5DA4EC3FB56ABD8B','https://session-link-false.example/view?t=3&sid=x2y','https://session-link-false.example/view?t=3&sid=x2y','Story 3 of the day',1795351051000000,'{"title": "Story 3 of the day", "link": "https://session-link-false.example/view?t=3&sid=x2y", "guid": "https://session-link-false.example/view?t=3&sid=x2y", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": null, "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(137,11,X'014221FB955294687FB09AA322E6A207','','https://cdn.token-none-true.example/1.mp3?time=2&hash=21','Story 1 of the day',1795351051000000,'{"title": "Story 1 of the day", "link": "https://cdn.token-none-true.example/1.mp3?time=2&hash=21", "guid": "", "uri": "", "summary": "What happened: 7919", "authors": [], "published_at": "2026-11-22T10:28:31Z", "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(138,11,X'4C16C302C27CC863A6136105A586A73A','','https://cdn.token-none-true.example/2.mp3?time=2&hash=22','Story 2 of the day',1795351051000000,'{"title": "Story 2 of the day", "link": "https://cdn.token-none-true.example/2.mp3?time=2&hash=22", "guid": "", "uri": "", "summary": "What happened: 15838", "authors": [], "published_at": "2026-11-22T10:29:31Z", "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(139,11,X'63BDD88A1504E552078CB402DA9FAD82','','https://cdn.token-none-true.example/3.mp3?time=2&hash=23','Story 3 of the day',1795351051000000,'{"title": "Story 3 of the day", "link": "https://cdn.token-none-true.example/3.mp3?time=2&hash=23", "guid": "", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": "2026-11-22T12:14:31Z", "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(140,12,X'4D8CC75BFFFCE0F581DFF6A67415807D','','https://cdn.token-none-false.example/1.mp3?time=2&hash=21','Story 1 of the day',1795351051000000,'{"title": "Story 1 of the day", "link": "https://cdn.token-none-false.example/1.mp3?time=2&hash=21", "guid": "", "uri": "", "summary": "What happened: 7919", "authors": [], "published_at": null, "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(141,12,X'ED4DA670E21D5F9E9F52E6C13326979E','','https://cdn.token-none-false.example/2.mp3?time=2&hash=22','Story 2 of the day',1795351051000000,'{"title": "Story 2 of the day", "link": "https://cdn.token-none-false.example/2.mp3?time=2&hash=22", "guid": "", "uri": "", "summary": "What happened: 15838", "authors": [], "published_at": null, "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(142,12,X'99F96CEE485A869D11B77F49D0725B2C','','https://cdn.token-none-false.example/3.mp3?time=2&hash=23','Story 3 of the day',1795351051000000,'{"title": "Story 3 of the day", "link": "https://cdn.token-none-false.example/3.mp3?time=2&hash=23", "guid": "", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": null, "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(143,13,X'761C557875F20B6C6758B001A9FFE675','','https://www-none-true.example/a/3','Story 3 of the day',1795351051000000,'{"title": "Story 3 of the day", "link": "https://www-none-true.example/a/3", "guid": "", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": "2026-11-22T12:14:31Z", "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(144,14,X'062A5A66682B6FA5F485D13A1C027BB8','','https://www-none-false.example/a/3','Story 3 of the day',1795351051000000,'{"title": "Story 3 of the day", "link": "https://www-none-false.example/a/3", "guid": "", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": null, "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(145,15,X'CA0D14AFA3880F3C4DD4C02013BDCBB6','','https://slash-none-true.example/a/3','Story 3 of the day',1795351051000000,'{"title": "Story 3 of the day", "link": "https://slash-none-true.example/a/3", "guid": "", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": "2026-11-22T12:14:31Z", "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(146,16,X'C3B987823F396D536EC6BAD213A92510','','https://slash-none-false.example/a/3','Story 3 of the day',1795351051000000,'{"title": "Story 3 of the day", "link": "https://slash-none-false.example/a/3", "guid": "", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": null, "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(147,17,X'0FA83CD95554C53E8A161103813BB295','','https://amp-none-true.example/a/3','Story 3 of the day',1795351051000000,'{"title": "Story 3 of the day", "link": "https://amp-none-true.example/a/3", "guid": "", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": "2026-11-22T12:14:31Z", "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
INSERT INTO "entry" VALUES(148,18,X'3BC919C6210DFB2F73C9DACA3696E993','','https://amp-none-false.example/a/3','Story 3 of the day',1795351051000000,'{"title": "Story 3 of the day", "link": "https://amp-none-false.example/a/3", "guid": "", "uri": "", "summary": "What happened: 23757", "authors": [], "published_at": null, "updated_at": null, "score": null, "comments": null, "categories": [], "language": "", "media": [], "visibility": "public", "is_reply": false, "spoiler": "", "barred": "", "forbidden": "", "redirector": ""}');
CREATE TABLE event (
	id INTEGER NOT NULL, 
	delivery_id INTEGER NOT NULL, 
	at BIGINT NOT NULL, 
	state TEXT NOT NULL, 
	note TEXT NOT NULL, 
	CONSTRAINT pk_event PRIMARY KEY (id), 
	CONSTRAINT fk_event_delivery_id_delivery FOREIGN KEY(delivery_id) REFERENCES delivery (id) ON DELETE CASCADE
);
INSERT INTO "event" VALUES(1,1,1795350151000000,'queued','');
INSERT INTO "event" VALUES(2,2,1795350151000000,'queued','');
INSERT INTO "event" VALUES(3,3,1795350151000000,'queued','');
INSERT INTO "event" VALUES(4,4,1795350151000000,'queued','');
INSERT INTO "event" VALUES(5,5,1795350151000000,'queued','');
INSERT INTO "event" VALUES(6,6,1795350151000000,'queued','');
INSERT INTO "event" VALUES(7,7,1795350151000000,'queued','');
INSERT INTO "event" VALUES(8,8,1795350151000000,'queued','');
INSERT INTO "event" VALUES(9,9,1795350151000000,'queued','');
INSERT INTO "event" VALUES(10,10,1795350151000000,'queued','');
INSERT INTO "event" VALUES(11,11,1795350151000000,'queued','');
INSERT INTO "event" VALUES(12,12,1795350151000000,'queued','');
INSERT INTO "event" VALUES(13,13,1795350151000000,'queued','');
INSERT INTO "event" VALUES(14,14,1795350151000000,'queued','');
INSERT INTO "event" VALUES(15,15,1795350151000000,'queued','');
INSERT INTO "event" VALUES(16,16,1795350151000000,'queued','');
INSERT INTO "event" VALUES(17,17,1795350151000000,'queued','');
INSERT INTO "event" VALUES(18,18,1795350151000000,'queued','');
INSERT INTO "event" VALUES(19,19,1795350151000000,'queued','');
INSERT INTO "event" VALUES(20,20,1795350151000000,'queued','');
INSERT INTO "event" VALUES(21,21,1795350151000000,'queued','');
INSERT INTO "event" VALUES(22,22,1795350151000000,'queued','');
INSERT INTO "event" VALUES(23,23,1795350151000000,'queued','');
INSERT INTO "event" VALUES(24,24,1795350151000000,'queued','');
INSERT INTO "event" VALUES(25,25,1795350151000000,'queued','');
INSERT INTO "event" VALUES(26,26,1795350151000000,'queued','');
INSERT INTO "event" VALUES(27,27,1795350151000000,'queued','');
INSERT INTO "event" VALUES(28,28,1795350151000000,'queued','');
INSERT INTO "event" VALUES(29,29,1795350151000000,'queued','');
INSERT INTO "event" VALUES(30,30,1795350151000000,'queued','');
INSERT INTO "event" VALUES(31,31,1795350151000000,'queued','');
INSERT INTO "event" VALUES(32,32,1795350151000000,'queued','');
INSERT INTO "event" VALUES(33,33,1795350151000000,'queued','');
INSERT INTO "event" VALUES(34,34,1795350151000000,'queued','');
INSERT INTO "event" VALUES(35,35,1795350151000000,'queued','');
INSERT INTO "event" VALUES(36,36,1795350151000000,'queued','');
INSERT INTO "event" VALUES(37,37,1795350151000000,'queued','');
INSERT INTO "event" VALUES(38,38,1795350151000000,'queued','');
INSERT INTO "event" VALUES(39,39,1795350151000000,'queued','');
INSERT INTO "event" VALUES(40,40,1795350151000000,'queued','');
INSERT INTO "event" VALUES(41,41,1795350151000000,'queued','');
INSERT INTO "event" VALUES(42,42,1795350151000000,'queued','');
INSERT INTO "event" VALUES(43,43,1795350151000000,'queued','');
INSERT INTO "event" VALUES(44,44,1795350151000000,'queued','');
INSERT INTO "event" VALUES(45,45,1795350151000000,'queued','');
INSERT INTO "event" VALUES(46,46,1795350151000000,'queued','');
INSERT INTO "event" VALUES(47,47,1795350151000000,'queued','');
INSERT INTO "event" VALUES(48,48,1795350151000000,'queued','');
INSERT INTO "event" VALUES(49,49,1795350151000000,'queued','');
INSERT INTO "event" VALUES(50,50,1795350151000000,'queued','');
INSERT INTO "event" VALUES(51,51,1795350151000000,'queued','');
INSERT INTO "event" VALUES(52,52,1795350151000000,'queued','');
INSERT INTO "event" VALUES(53,53,1795350151000000,'queued','');
INSERT INTO "event" VALUES(54,54,1795350151000000,'queued','');
INSERT INTO "event" VALUES(55,55,1795350151000000,'queued','');
INSERT INTO "event" VALUES(56,56,1795350151000000,'queued','');
INSERT INTO "event" VALUES(57,57,1795350151000000,'queued','');
INSERT INTO "event" VALUES(58,58,1795350151000000,'queued','');
INSERT INTO "event" VALUES(59,59,1795350151000000,'queued','');
INSERT INTO "event" VALUES(60,60,1795350151000000,'queued','');
INSERT INTO "event" VALUES(61,61,1795350151000000,'queued','');
INSERT INTO "event" VALUES(62,62,1795350151000000,'queued','');
INSERT INTO "event" VALUES(63,63,1795350151000000,'queued','');
INSERT INTO "event" VALUES(64,64,1795350151000000,'queued','');
INSERT INTO "event" VALUES(65,65,1795351051000000,'queued','');
INSERT INTO "event" VALUES(66,66,1795351051000000,'queued','');
INSERT INTO "event" VALUES(67,67,1795351051000000,'queued','');
INSERT INTO "event" VALUES(68,68,1795351051000000,'queued','');
INSERT INTO "event" VALUES(69,69,1795351051000000,'queued','');
INSERT INTO "event" VALUES(70,70,1795351051000000,'queued','');
INSERT INTO "event" VALUES(71,71,1795351051000000,'queued','');
INSERT INTO "event" VALUES(72,72,1795351051000000,'queued','');
INSERT INTO "event" VALUES(73,73,1795351051000000,'queued','');
INSERT INTO "event" VALUES(74,74,1795351051000000,'queued','');
INSERT INTO "event" VALUES(75,75,1795351051000000,'queued','');
INSERT INTO "event" VALUES(76,76,1795351051000000,'queued','');
INSERT INTO "event" VALUES(77,77,1795351051000000,'queued','');
INSERT INTO "event" VALUES(78,78,1795351051000000,'queued','');
INSERT INTO "event" VALUES(79,79,1795351051000000,'queued','');
INSERT INTO "event" VALUES(80,80,1795351051000000,'queued','');
INSERT INTO "event" VALUES(81,81,1795351051000000,'queued','');
INSERT INTO "event" VALUES(82,82,1795351051000000,'queued','');
CREATE TABLE notice (
	cause TEXT NOT NULL, 
	day INTEGER NOT NULL, 
	CONSTRAINT pk_notice PRIMARY KEY (cause, day)
);
CREATE TABLE published (
	account TEXT NOT NULL, 
	"key" BLOB NOT NULL, 
	delivery_id INTEGER NOT NULL, 
	CONSTRAINT pk_published PRIMARY KEY (account, "key"), 
	CONSTRAINT fk_published_delivery_id_delivery FOREIGN KEY(delivery_id) REFERENCES delivery (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "published" VALUES('news',X'4DD2979D853ED9E761E60CD8C5C731E8',1);
INSERT INTO "published" VALUES('news',X'98EDD48D4EE967AB7B8FBAFC02046DD3',2);
INSERT INTO "published" VALUES('news',X'79FA9DBE8843669B51FA49AEC85EE480',3);
INSERT INTO "published" VALUES('news',X'E7C2175B59DEA8C708E802097B48C0DE',4);
INSERT INTO "published" VALUES('news',X'E967E026D4528C2AE67EA176CDECA518',5);
INSERT INTO "published" VALUES('news',X'D2E1739EAAD616137BED2971360BA1B9',6);
INSERT INTO "published" VALUES('news',X'4EB4FB83F64CE11E61BEAAD30F31C616',7);
INSERT INTO "published" VALUES('news',X'813C0965C04CC194A643F47993C77F71',8);
INSERT INTO "published" VALUES('news',X'E693627D8E764A02BB9DA65F80B39F87',9);
INSERT INTO "published" VALUES('news',X'EFA6D8907B5FED311D34B2EFC44E0288',10);
INSERT INTO "published" VALUES('news',X'A7D8A6B593693657FD59D90DB291BF5A',11);
INSERT INTO "published" VALUES('news',X'1C8818BD7AE0CD246FC5903FC9FB911A',12);
INSERT INTO "published" VALUES('news',X'6985AD10CED31DA802E6F1DBD5E35239',13);
INSERT INTO "published" VALUES('news',X'B9230B9DE1A212AAC9C51EA3D4677319',14);
INSERT INTO "published" VALUES('news',X'AE5D848343A662D65DC29371DEE72621',15);
INSERT INTO "published" VALUES('news',X'E14EAD6D2D9A2F09F0925C1BA17351AE',16);
INSERT INTO "published" VALUES('news',X'51472CF32EAD18FEFD8F819D5A2954F9',17);
INSERT INTO "published" VALUES('news',X'57B6071CD3CBA5C0B1496F807BB3C9E7',18);
INSERT INTO "published" VALUES('news',X'4412D8A36DD41B502E8D2E9FD03ADE2E',19);
INSERT INTO "published" VALUES('news',X'57A803A5F5B4535A5D8686AE5C1797B6',20);
INSERT INTO "published" VALUES('news',X'2E349F652066ADC2958CDAC5CECA9E16',21);
INSERT INTO "published" VALUES('news',X'74AE2D64FBBFDB86B4D2A3C60730C99D',22);
INSERT INTO "published" VALUES('news',X'167214014AB69A6AE53F9467E37ECFA8',23);
INSERT INTO "published" VALUES('news',X'88003D14B8FD10E5DCA9FF34F5CEC42A',24);
INSERT INTO "published" VALUES('news',X'71BC918138160DBDB2840297D4027E7A',25);
INSERT INTO "published" VALUES('news',X'D2CC5F9457079952722D6E83904C23C7',26);
INSERT INTO "published" VALUES('news',X'F18E02AFBF3E69C9FB37AB0991102492',27);
INSERT INTO "published" VALUES('news',X'8C6785528C2FE5779CAA370379A1FEAA',28);
INSERT INTO "published" VALUES('news',X'876DFC1055E19CA614A6841B2D189D6B',29);
INSERT INTO "published" VALUES('news',X'3C8F098F899B633A6D812224B250D06D',30);
INSERT INTO "published" VALUES('news',X'9D2522DE1059F417025784D3F57FB24B',31);
INSERT INTO "published" VALUES('news',X'5DD23E96C877D98A1179DB700F403285',32);
INSERT INTO "published" VALUES('news',X'C6DF6E177CF1B550602AEDFC2A8F53EA',33);
INSERT INTO "published" VALUES('news',X'A12DA9F7B6A5DE7386FEFB6CF7C0A632',34);
INSERT INTO "published" VALUES('news',X'8592C68E1EB437C973C46A5804C01624',35);
INSERT INTO "published" VALUES('news',X'C46E9168E89B27B165F554411940B40B',36);
INSERT INTO "published" VALUES('news',X'7E88212D751B3DBDF84E1F3CA4CF2CF7',37);
INSERT INTO "published" VALUES('news',X'94C0284407BBBFA3926B8C9C55C84DFD',38);
INSERT INTO "published" VALUES('news',X'4D8BBCDC3641B9D7EB208EDA29DB4737',39);
INSERT INTO "published" VALUES('news',X'C5C3F4CE628EB126396450AA5EEE0FD5',40);
INSERT INTO "published" VALUES('news',X'63B4066271E865FCBC52A3A004F1E2CC',41);
INSERT INTO "published" VALUES('news',X'01A25BDFB59A53EB98159CBBE3A2E9F0',42);
INSERT INTO "published" VALUES('news',X'7C566122696D57438F482ACC047FD837',43);
INSERT INTO "published" VALUES('news',X'70CD7E37363CE451245483A34C2290C7',44);
INSERT INTO "published" VALUES('news',X'FA9B070C96AE44B000527E0175E6579B',45);
INSERT INTO "published" VALUES('news',X'4A6F1E1A11762E6E3131D96859CB23B9',46);
INSERT INTO "published" VALUES('news',X'8E4F1D13455825B7ED33EFC19261C4E5',47);
INSERT INTO "published" VALUES('news',X'18721D637501EB5319589D56C73ED5CE',48);
INSERT INTO "published" VALUES('news',X'4E87AC8E96018A5C542AF503B44BB3F6',49);
INSERT INTO "published" VALUES('news',X'749565D4D96008CB84DE64BEA6D17D58',50);
INSERT INTO "published" VALUES('news',X'56FDE4543CD219737E9E6560A265FBAE',51);
INSERT INTO "published" VALUES('news',X'9140EB08A1F26E586FFFEC2C4C650A0F',52);
INSERT INTO "published" VALUES('news',X'486D186DF07144C0A5EED1A51B913AD8',53);
INSERT INTO "published" VALUES('news',X'58CAAEB12F9B2731D80B050CDFD5165E',54);
INSERT INTO "published" VALUES('news',X'D815520698BE717D7DEB2257B3F0DE85',55);
INSERT INTO "published" VALUES('news',X'81343FA4C8901732761316B5D71B3078',56);
INSERT INTO "published" VALUES('news',X'ACA96ACE03CCA7D11D624A18BD3DE214',57);
INSERT INTO "published" VALUES('news',X'2E39C996C88677653A8C299DD4061A90',58);
INSERT INTO "published" VALUES('news',X'E47BED0BA564B1FB088F32B629B33120',59);
INSERT INTO "published" VALUES('news',X'B95238E6831F4F1F996CC47001B10B40',60);
INSERT INTO "published" VALUES('news',X'79542EC8AC1F85DC526E3401FEE42960',61);
INSERT INTO "published" VALUES('news',X'6F49AD84B38A4294779A38B3BB7547D4',62);
INSERT INTO "published" VALUES('news',X'E6690D8026D46165E36984EFF1F57C6F',63);
INSERT INTO "published" VALUES('news',X'631BE655DB38E34907BD2D240915982F',64);
INSERT INTO "published" VALUES('news',X'859D4918EB4662B763FE635C9E97CD62',65);
INSERT INTO "published" VALUES('news',X'BE1DB770346C3E1774D64691DC80B394',66);
INSERT INTO "published" VALUES('news',X'F52D8CE01ED317A70BD5E4A11EE18C28',67);
INSERT INTO "published" VALUES('news',X'7C67C198B344A2F7A230D92E6B160AD2',68);
INSERT INTO "published" VALUES('news',X'A752AF393D264FC00C1BA2804CC3255D',69);
INSERT INTO "published" VALUES('news',X'F4B49E82A63823CE5DA4EC3FB56ABD8B',70);
INSERT INTO "published" VALUES('news',X'014221FB955294687FB09AA322E6A207',71);
INSERT INTO "published" VALUES('news',X'4C16C302C27CC863A6136105A586A73A',72);
INSERT INTO "published" VALUES('news',X'63BDD88A1504E552078CB402DA9FAD82',73);
INSERT INTO "published" VALUES('news',X'4D8CC75BFFFCE0F581DFF6A67415807D',74);
INSERT INTO "published" VALUES('news',X'ED4DA670E21D5F9E9F52E6C13326979E',75);
INSERT INTO "published" VALUES('news',X'99F96CEE485A869D11B77F49D0725B2C',76);
INSERT INTO "published" VALUES('news',X'761C557875F20B6C6758B001A9FFE675',77);
INSERT INTO "published" VALUES('news',X'062A5A66682B6FA5F485D13A1C027BB8',78);
INSERT INTO "published" VALUES('news',X'CA0D14AFA3880F3C4DD4C02013BDCBB6',79);
INSERT INTO "published" VALUES('news',X'C3B987823F396D536EC6BAD213A92510',80);
INSERT INTO "published" VALUES('news',X'0FA83CD95554C53E8A161103813BB295',81);
INSERT INTO "published" VALUES('news',X'3BC919C6210DFB2F73C9DACA3696E993',82);
CREATE TABLE refusal (
	entry_id INTEGER NOT NULL, 
	account TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	CONSTRAINT pk_refusal PRIMARY KEY (entry_id, account), 
	CONSTRAINT fk_refusal_entry_id_entry FOREIGN KEY(entry_id) REFERENCES entry (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "refusal" VALUES(1,'news','first_sight');
INSERT INTO "refusal" VALUES(2,'news','first_sight');
INSERT INTO "refusal" VALUES(3,'news','first_sight');
INSERT INTO "refusal" VALUES(4,'news','first_sight');
INSERT INTO "refusal" VALUES(5,'news','first_sight');
INSERT INTO "refusal" VALUES(6,'news','first_sight');
INSERT INTO "refusal" VALUES(7,'news','first_sight');
INSERT INTO "refusal" VALUES(8,'news','first_sight');
INSERT INTO "refusal" VALUES(9,'news','first_sight');
INSERT INTO "refusal" VALUES(10,'news','first_sight');
INSERT INTO "refusal" VALUES(11,'news','first_sight');
INSERT INTO "refusal" VALUES(12,'news','first_sight');
INSERT INTO "refusal" VALUES(13,'news','first_sight');
INSERT INTO "refusal" VALUES(14,'news','first_sight');
INSERT INTO "refusal" VALUES(15,'news','first_sight');
INSERT INTO "refusal" VALUES(16,'news','first_sight');
INSERT INTO "refusal" VALUES(17,'news','first_sight');
INSERT INTO "refusal" VALUES(18,'news','first_sight');
INSERT INTO "refusal" VALUES(19,'news','first_sight');
INSERT INTO "refusal" VALUES(20,'news','first_sight');
INSERT INTO "refusal" VALUES(21,'news','first_sight');
INSERT INTO "refusal" VALUES(22,'news','first_sight');
INSERT INTO "refusal" VALUES(23,'news','first_sight');
INSERT INTO "refusal" VALUES(24,'news','first_sight');
INSERT INTO "refusal" VALUES(25,'news','first_sight');
INSERT INTO "refusal" VALUES(26,'news','first_sight');
INSERT INTO "refusal" VALUES(27,'news','first_sight');
INSERT INTO "refusal" VALUES(28,'news','first_sight');
INSERT INTO "refusal" VALUES(29,'news','first_sight');
INSERT INTO "refusal" VALUES(30,'news','first_sight');
INSERT INTO "refusal" VALUES(31,'news','first_sight');
INSERT INTO "refusal" VALUES(32,'news','first_sight');
INSERT INTO "refusal" VALUES(33,'news','first_sight');
INSERT INTO "refusal" VALUES(34,'news','first_sight');
INSERT INTO "refusal" VALUES(35,'news','first_sight');
INSERT INTO "refusal" VALUES(36,'news','first_sight');
INSERT INTO "refusal" VALUES(37,'news','first_sight');
INSERT INTO "refusal" VALUES(38,'news','first_sight');
INSERT INTO "refusal" VALUES(39,'news','first_sight');
INSERT INTO "refusal" VALUES(40,'news','first_sight');
INSERT INTO "refusal" VALUES(41,'news','first_sight');
INSERT INTO "refusal" VALUES(42,'news','first_sight');
INSERT INTO "refusal" VALUES(43,'news','first_sight');
INSERT INTO "refusal" VALUES(44,'news','first_sight');
INSERT INTO "refusal" VALUES(45,'news','first_sight');
INSERT INTO "refusal" VALUES(46,'news','first_sight');
INSERT INTO "refusal" VALUES(47,'news','first_sight');
INSERT INTO "refusal" VALUES(48,'news','first_sight');
INSERT INTO "refusal" VALUES(49,'news','first_sight');
INSERT INTO "refusal" VALUES(50,'news','first_sight');
INSERT INTO "refusal" VALUES(51,'news','first_sight');
INSERT INTO "refusal" VALUES(52,'news','first_sight');
INSERT INTO "refusal" VALUES(53,'news','first_sight');
INSERT INTO "refusal" VALUES(54,'news','first_sight');
INSERT INTO "refusal" VALUES(55,'news','first_sight');
INSERT INTO "refusal" VALUES(56,'news','first_sight');
INSERT INTO "refusal" VALUES(57,'news','first_sight');
INSERT INTO "refusal" VALUES(58,'news','first_sight');
INSERT INTO "refusal" VALUES(59,'news','first_sight');
INSERT INTO "refusal" VALUES(60,'news','first_sight');
INSERT INTO "refusal" VALUES(61,'news','first_sight');
INSERT INTO "refusal" VALUES(62,'news','first_sight');
INSERT INTO "refusal" VALUES(63,'news','first_sight');
INSERT INTO "refusal" VALUES(64,'news','first_sight');
INSERT INTO "refusal" VALUES(65,'news','first_sight');
INSERT INTO "refusal" VALUES(66,'news','first_sight');
CREATE TABLE route (
	source_id INTEGER NOT NULL, 
	account TEXT NOT NULL, 
	learnt_at BIGINT NOT NULL, 
	CONSTRAINT pk_route PRIMARY KEY (source_id, account), 
	CONSTRAINT fk_route_source_id_source FOREIGN KEY(source_id) REFERENCES source (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "route" VALUES(1,'news',1795349251000000);
INSERT INTO "route" VALUES(2,'news',1795349251000000);
INSERT INTO "route" VALUES(3,'news',1795349251000000);
INSERT INTO "route" VALUES(4,'news',1795349251000000);
INSERT INTO "route" VALUES(5,'news',1795349251000000);
INSERT INTO "route" VALUES(6,'news',1795349251000000);
INSERT INTO "route" VALUES(7,'news',1795349251000000);
INSERT INTO "route" VALUES(8,'news',1795349251000000);
INSERT INTO "route" VALUES(9,'news',1795349251000000);
INSERT INTO "route" VALUES(10,'news',1795349251000000);
INSERT INTO "route" VALUES(11,'news',1795349251000000);
INSERT INTO "route" VALUES(12,'news',1795349251000000);
INSERT INTO "route" VALUES(13,'news',1795349251000000);
INSERT INTO "route" VALUES(14,'news',1795349251000000);
INSERT INTO "route" VALUES(15,'news',1795349251000000);
INSERT INTO "route" VALUES(16,'news',1795349251000000);
INSERT INTO "route" VALUES(17,'news',1795349251000000);
INSERT INTO "route" VALUES(18,'news',1795349251000000);
INSERT INTO "route" VALUES(19,'news',1795349251000000);
INSERT INTO "route" VALUES(20,'news',1795349251000000);
INSERT INTO "route" VALUES(21,'news',1795349251000000);
INSERT INTO "route" VALUES(22,'news',1795349251000000);
INSERT INTO "route" VALUES(23,'news',1795349251000000);
INSERT INTO "route" VALUES(24,'news',1795349251000000);
INSERT INTO "route" VALUES(25,'news',1795349251000000);
INSERT INTO "route" VALUES(26,'news',1795349251000000);
INSERT INTO "route" VALUES(27,'news',1795349251000000);
INSERT INTO "route" VALUES(28,'news',1795349251000000);
INSERT INTO "route" VALUES(29,'news',1795349251000000);
INSERT INTO "route" VALUES(30,'news',1795349251000000);
INSERT INTO "route" VALUES(31,'news',1795349251000000);
INSERT INTO "route" VALUES(32,'news',1795349251000000);
INSERT INTO "route" VALUES(33,'news',1795349251000000);
INSERT INTO "route" VALUES(34,'news',1795349251000000);
INSERT INTO "route" VALUES(35,'news',1795349251000000);
INSERT INTO "route" VALUES(36,'news',1795349251000000);
INSERT INTO "route" VALUES(37,'news',1795349251000000);
INSERT INTO "route" VALUES(38,'news',1795349251000000);
CREATE TABLE seen (
	source_id INTEGER NOT NULL, 
	"key" BLOB NOT NULL, 
	shown_on INTEGER NOT NULL, 
	CONSTRAINT pk_seen PRIMARY KEY (source_id, "key"), 
	CONSTRAINT fk_seen_source_id_source FOREIGN KEY(source_id) REFERENCES source (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "seen" VALUES(1,X'4DD2979D853ED9E761E60CD8C5C731E8',20779);
INSERT INTO "seen" VALUES(1,X'551D3AB58A2242692FF0B79464DBFCD1',20779);
INSERT INTO "seen" VALUES(1,X'595854149834E8842B8ACB8FCB7283D5',20779);
INSERT INTO "seen" VALUES(2,X'4AFC28D1998BE5087C9759FF29853002',20779);
INSERT INTO "seen" VALUES(2,X'98EDD48D4EE967AB7B8FBAFC02046DD3',20779);
INSERT INTO "seen" VALUES(2,X'D05B2E7556AEFB199379B4BBAA9B26CF',20779);
INSERT INTO "seen" VALUES(3,X'42D7BDA78128924EE575D0E52DCD4C04',20779);
INSERT INTO "seen" VALUES(4,X'6B63F0753B4154851E700545A9E19D59',20779);
INSERT INTO "seen" VALUES(5,X'6552940A0C5B037D8B16A9B9D9F9B33E',20779);
INSERT INTO "seen" VALUES(5,X'93B82D071EF076F629D02095E915BD1E',20779);
INSERT INTO "seen" VALUES(5,X'9E21CAF747E211EE3E6CBFE3DE698A6B',20779);
INSERT INTO "seen" VALUES(5,X'B2546E78928C6F5AB5D4EBD78F0847B0',20779);
INSERT INTO "seen" VALUES(6,X'669B6EE4AE920F938B46A8F5B7EDE0B0',20779);
INSERT INTO "seen" VALUES(6,X'72481784E1AD48BC40998E51EC96AE44',20779);
INSERT INTO "seen" VALUES(6,X'C4494FE59DF37A41C03D111B2CC4BC6D',20779);
INSERT INTO "seen" VALUES(6,X'F0576C2C7371C420933B719CC18FE606',20779);
INSERT INTO "seen" VALUES(7,X'72E678944FEDB3C55B8B3506921FEB4F',20779);
INSERT INTO "seen" VALUES(7,X'CC4BF94901C758335A015465214BDBFC',20779);
INSERT INTO "seen" VALUES(7,X'E693627D8E764A02BB9DA65F80B39F87',20779);
INSERT INTO "seen" VALUES(8,X'3AA76479A0172D7598E1D076C5D51628',20779);
INSERT INTO "seen" VALUES(8,X'AB8DAE9F97795F5E38E64487C432F987',20779);
INSERT INTO "seen" VALUES(8,X'EFA6D8907B5FED311D34B2EFC44E0288',20779);
INSERT INTO "seen" VALUES(9,X'1C8818BD7AE0CD246FC5903FC9FB911A',20779);
INSERT INTO "seen" VALUES(9,X'6985AD10CED31DA802E6F1DBD5E35239',20779);
INSERT INTO "seen" VALUES(9,X'6F5F2E7479F584332B4753B163A2B8C7',20779);
INSERT INTO "seen" VALUES(9,X'859D4918EB4662B763FE635C9E97CD62',20779);
INSERT INTO "seen" VALUES(9,X'A36A7EA325A8A7C3F36F9E70E9405EF4',20779);
INSERT INTO "seen" VALUES(9,X'A7D8A6B593693657FD59D90DB291BF5A',20779);
INSERT INTO "seen" VALUES(9,X'BE1DB770346C3E1774D64691DC80B394',20779);
INSERT INTO "seen" VALUES(9,X'F52D8CE01ED317A70BD5E4A11EE18C28',20779);
INSERT INTO "seen" VALUES(10,X'15EB05FC4902B780E0ABEF78342503B8',20779);
INSERT INTO "seen" VALUES(10,X'7C67C198B344A2F7A230D92E6B160AD2',20779);
INSERT INTO "seen" VALUES(10,X'A752AF393D264FC00C1BA2804CC3255D',20779);
INSERT INTO "seen" VALUES(10,X'AE5D848343A662D65DC29371DEE72621',20779);
INSERT INTO "seen" VALUES(10,X'B30E8EE2DF8F0E40029723178207C5CE',20779);
INSERT INTO "seen" VALUES(10,X'B9230B9DE1A212AAC9C51EA3D4677319',20779);
INSERT INTO "seen" VALUES(10,X'E14EAD6D2D9A2F09F0925C1BA17351AE',20779);
INSERT INTO "seen" VALUES(10,X'F4B49E82A63823CE5DA4EC3FB56ABD8B',20779);
INSERT INTO "seen" VALUES(11,X'014221FB955294687FB09AA322E6A207',20779);
INSERT INTO "seen" VALUES(11,X'4412D8A36DD41B502E8D2E9FD03ADE2E',20779);
INSERT INTO "seen" VALUES(11,X'4C16C302C27CC863A6136105A586A73A',20779);
INSERT INTO "seen" VALUES(11,X'51472CF32EAD18FEFD8F819D5A2954F9',20779);
INSERT INTO "seen" VALUES(11,X'54E7141DBF394861CF9AB22DCA4D6230',20779);
INSERT INTO "seen" VALUES(11,X'57B6071CD3CBA5C0B1496F807BB3C9E7',20779);
INSERT INTO "seen" VALUES(11,X'63BDD88A1504E552078CB402DA9FAD82',20779);
INSERT INTO "seen" VALUES(11,X'87F62C2B29ED2777EBB1EAEF1233E806',20779);
INSERT INTO "seen" VALUES(12,X'2E349F652066ADC2958CDAC5CECA9E16',20779);
INSERT INTO "seen" VALUES(12,X'4D8CC75BFFFCE0F581DFF6A67415807D',20779);
INSERT INTO "seen" VALUES(12,X'57A803A5F5B4535A5D8686AE5C1797B6',20779);
INSERT INTO "seen" VALUES(12,X'74AE2D64FBBFDB86B4D2A3C60730C99D',20779);
INSERT INTO "seen" VALUES(12,X'99F96CEE485A869D11B77F49D0725B2C',20779);
INSERT INTO "seen" VALUES(12,X'CD16E13F6FE03E17B24340591FB3C937',20779);
INSERT INTO "seen" VALUES(12,X'EC06E5E36D2C1F440EA1A74E00FF39A1',20779);
INSERT INTO "seen" VALUES(12,X'ED4DA670E21D5F9E9F52E6C13326979E',20779);
INSERT INTO "seen" VALUES(13,X'167214014AB69A6AE53F9467E37ECFA8',20779);
INSERT INTO "seen" VALUES(13,X'3086A4354C5C427D8007A63DE9E16629',20779);
INSERT INTO "seen" VALUES(13,X'71BC918138160DBDB2840297D4027E7A',20779);
INSERT INTO "seen" VALUES(13,X'761C557875F20B6C6758B001A9FFE675',20779);
INSERT INTO "seen" VALUES(13,X'88003D14B8FD10E5DCA9FF34F5CEC42A',20779);
INSERT INTO "seen" VALUES(13,X'A2E44943C69DCB3B6245723127DE9FDD',20779);
INSERT INTO "seen" VALUES(14,X'062A5A66682B6FA5F485D13A1C027BB8',20779);
INSERT INTO "seen" VALUES(14,X'10EE3BD9CA0B361AC9A36214EBD352A6',20779);
INSERT INTO "seen" VALUES(14,X'5BC974859E8C2104BD8EDC50517EFFAF',20779);
INSERT INTO "seen" VALUES(14,X'8C6785528C2FE5779CAA370379A1FEAA',20779);
INSERT INTO "seen" VALUES(14,X'D2CC5F9457079952722D6E83904C23C7',20779);
INSERT INTO "seen" VALUES(14,X'F18E02AFBF3E69C9FB37AB0991102492',20779);
INSERT INTO "seen" VALUES(15,X'2A047F54350D37F73BDFC71D4A1BF8B9',20779);
INSERT INTO "seen" VALUES(15,X'3C8F098F899B633A6D812224B250D06D',20779);
INSERT INTO "seen" VALUES(15,X'57D55C1538A016D13B00340D02486618',20779);
INSERT INTO "seen" VALUES(15,X'876DFC1055E19CA614A6841B2D189D6B',20779);
INSERT INTO "seen" VALUES(15,X'9D2522DE1059F417025784D3F57FB24B',20779);
INSERT INTO "seen" VALUES(15,X'CA0D14AFA3880F3C4DD4C02013BDCBB6',20779);
INSERT INTO "seen" VALUES(16,X'553202F0EB800AE19917D93BF079D1FF',20779);
INSERT INTO "seen" VALUES(16,X'5DD23E96C877D98A1179DB700F403285',20779);
INSERT INTO "seen" VALUES(16,X'A12DA9F7B6A5DE7386FEFB6CF7C0A632',20779);
INSERT INTO "seen" VALUES(16,X'C3B987823F396D536EC6BAD213A92510',20779);
INSERT INTO "seen" VALUES(16,X'C6DF6E177CF1B550602AEDFC2A8F53EA',20779);
INSERT INTO "seen" VALUES(16,X'DBBFDCB32982EB341F1F9B0FAA97B421',20779);
INSERT INTO "seen" VALUES(17,X'05DD223F0C2A19C5F2ADB6A4862BC62F',20779);
INSERT INTO "seen" VALUES(17,X'0FA83CD95554C53E8A161103813BB295',20779);
INSERT INTO "seen" VALUES(17,X'7E88212D751B3DBDF84E1F3CA4CF2CF7',20779);
INSERT INTO "seen" VALUES(17,X'8592C68E1EB437C973C46A5804C01624',20779);
INSERT INTO "seen" VALUES(17,X'C46E9168E89B27B165F554411940B40B',20779);
INSERT INTO "seen" VALUES(17,X'E2F49926B31711272AA105399F28D3AD',20779);
INSERT INTO "seen" VALUES(18,X'3BC919C6210DFB2F73C9DACA3696E993',20779);
INSERT INTO "seen" VALUES(18,X'4AEF5BE2839FB0E24205FD7335B4749E',20779);
INSERT INTO "seen" VALUES(18,X'4D8BBCDC3641B9D7EB208EDA29DB4737',20779);
INSERT INTO "seen" VALUES(18,X'8FFC3EF449913553EBCD9584BF563DBB',20779);
INSERT INTO "seen" VALUES(18,X'94C0284407BBBFA3926B8C9C55C84DFD',20779);
INSERT INTO "seen" VALUES(18,X'C5C3F4CE628EB126396450AA5EEE0FD5',20779);
INSERT INTO "seen" VALUES(19,X'63B4066271E865FCBC52A3A004F1E2CC',20779);
INSERT INTO "seen" VALUES(19,X'E24A31662E0146962799D59E058F881F',20779);
INSERT INTO "seen" VALUES(19,X'F2A3292FDEF727E4670E2BDDF1196414',20779);
INSERT INTO "seen" VALUES(20,X'01A25BDFB59A53EB98159CBBE3A2E9F0',20779);
INSERT INTO "seen" VALUES(20,X'B22D169ADFE6907F3CB6A6698A77FC33',20779);
INSERT INTO "seen" VALUES(20,X'FF671F2E8E89B58B9A51AD6694704A85',20779);
INSERT INTO "seen" VALUES(21,X'0929F4E1F47D54034F654399A1E818AE',20779);
INSERT INTO "seen" VALUES(21,X'32F36231C0C5BF975F4D800F83E85317',20779);
INSERT INTO "seen" VALUES(21,X'4841D5B08D32F99CBEA148B59B9F5CF8',20779);
INSERT INTO "seen" VALUES(22,X'95AAA72F60932578441CAB81294901CE',20779);
INSERT INTO "seen" VALUES(22,X'CB436D51FA62CC25194AEE24890869CD',20779);
INSERT INTO "seen" VALUES(22,X'D4A622806B030A2B19C7897B03EBFD84',20779);
INSERT INTO "seen" VALUES(23,X'48A080C38333F979E06C4061B242E68F',20779);
INSERT INTO "seen" VALUES(23,X'81ADD5BF6228A0FCF274337172B395AE',20779);
INSERT INTO "seen" VALUES(23,X'A438A447169A96C7611A03B189D331FB',20779);
INSERT INTO "seen" VALUES(23,X'C061927102DB212A6CA769048B0EF046',20779);
INSERT INTO "seen" VALUES(23,X'C6F7111E68D7453AE9E772B0C2B98C9E',20779);
INSERT INTO "seen" VALUES(23,X'FA9B070C96AE44B000527E0175E6579B',20779);
INSERT INTO "seen" VALUES(24,X'48A080C38333F979E06C4061B242E68F',20779);
INSERT INTO "seen" VALUES(24,X'4A6F1E1A11762E6E3131D96859CB23B9',20779);
INSERT INTO "seen" VALUES(24,X'81ADD5BF6228A0FCF274337172B395AE',20779);
INSERT INTO "seen" VALUES(24,X'BF4B93B19B15261FCB21D0A70FD83F84',20779);
INSERT INTO "seen" VALUES(24,X'C6F7111E68D7453AE9E772B0C2B98C9E',20779);
INSERT INTO "seen" VALUES(24,X'D1F7011BDF124E03A27AEB28B124FE0D',20779);
INSERT INTO "seen" VALUES(25,X'368D2D6E34AFDB81EDF56A2E37084A70',20779);
INSERT INTO "seen" VALUES(25,X'8E4F1D13455825B7ED33EFC19261C4E5',20779);
INSERT INTO "seen" VALUES(25,X'9DCC557D6C55589321EB0090413287FA',20779);
INSERT INTO "seen" VALUES(26,X'18721D637501EB5319589D56C73ED5CE',20779);
INSERT INTO "seen" VALUES(26,X'4483C8296B33775E92EE735E5C4952BC',20779);
INSERT INTO "seen" VALUES(26,X'F56F11F3D55303C5CFEDECA67DB0B26C',20779);
INSERT INTO "seen" VALUES(27,X'391BFA60B8E1D2519531B78D2BCB9703',20779);
INSERT INTO "seen" VALUES(27,X'60384AED8B5089BAC43A08FA17CA212A',20779);
INSERT INTO "seen" VALUES(27,X'86DD127BB61E0710E9217BBC080D0320',20779);
INSERT INTO "seen" VALUES(27,X'D74BEDB08C86B50DB33B7AB91E62B2C4',20779);
INSERT INTO "seen" VALUES(27,X'E05C37BAE97E687A19396D73EBA78B5F',20779);
INSERT INTO "seen" VALUES(27,X'FB0908405A27354BE42CDE9719C5C230',20779);
INSERT INTO "seen" VALUES(28,X'391BFA60B8E1D2519531B78D2BCB9703',20779);
INSERT INTO "seen" VALUES(28,X'4F39A073EEB1B1CEBBEE57CA83C7C5BD',20779);
INSERT INTO "seen" VALUES(28,X'60384AED8B5089BAC43A08FA17CA212A',20779);
INSERT INTO "seen" VALUES(28,X'61F9C811BBAC054BB4C33227C9C617DB',20779);
INSERT INTO "seen" VALUES(28,X'AABECCAFC2505254069B770DB832482A',20779);
INSERT INTO "seen" VALUES(28,X'E05C37BAE97E687A19396D73EBA78B5F',20779);
INSERT INTO "seen" VALUES(29,X'4E87AC8E96018A5C542AF503B44BB3F6',20779);
INSERT INTO "seen" VALUES(29,X'749565D4D96008CB84DE64BEA6D17D58',20779);
INSERT INTO "seen" VALUES(29,X'B2791214E8C3BC93A3E17803542B0FBA',20779);
INSERT INTO "seen" VALUES(29,X'E05C37BAE97E687A19396D73EBA78B5F',20779);
INSERT INTO "seen" VALUES(30,X'56FDE4543CD219737E9E6560A265FBAE',20779);
INSERT INTO "seen" VALUES(30,X'9140EB08A1F26E586FFFEC2C4C650A0F',20779);
INSERT INTO "seen" VALUES(30,X'D28F5190452EB62917C7042436EE7F7E',20779);
INSERT INTO "seen" VALUES(30,X'E05C37BAE97E687A19396D73EBA78B5F',20779);
INSERT INTO "seen" VALUES(31,X'2628C2EC8C68B41B19980DC3A0A3D122',20779);
INSERT INTO "seen" VALUES(31,X'486D186DF07144C0A5EED1A51B913AD8',20779);
INSERT INTO "seen" VALUES(31,X'48ECA8A295471A5EB9140E419A3DCEC4',20779);
INSERT INTO "seen" VALUES(31,X'4A7029E6668C1F000AB9C6E140CB57D6',20779);
INSERT INTO "seen" VALUES(31,X'54BBEE437E851A5028347683564F41A4',20779);
INSERT INTO "seen" VALUES(31,X'5C859A81478F8FEE3198EAB2217D0624',20779);
INSERT INTO "seen" VALUES(31,X'6DE0516FFDC82A11A715C1DBEA2304AB',20779);
INSERT INTO "seen" VALUES(31,X'73B3557BD6741E8D55B8B8B0AB7C31AB',20779);
INSERT INTO "seen" VALUES(31,X'AB4C1EE0BA8C61DF83049124DD28CC28',20779);
INSERT INTO "seen" VALUES(31,X'D07710D9EE9525F8F9505989D38550FB',20779);
INSERT INTO "seen" VALUES(31,X'FA2A85FC43284580058F8F27027F1BCF',20779);
INSERT INTO "seen" VALUES(32,X'022088CDEC20EFCFC4F40B5A11CD0B6C',20779);
INSERT INTO "seen" VALUES(32,X'48ECA8A295471A5EB9140E419A3DCEC4',20779);
INSERT INTO "seen" VALUES(32,X'4A7029E6668C1F000AB9C6E140CB57D6',20779);
INSERT INTO "seen" VALUES(32,X'54BBEE437E851A5028347683564F41A4',20779);
INSERT INTO "seen" VALUES(32,X'58CAAEB12F9B2731D80B050CDFD5165E',20779);
INSERT INTO "seen" VALUES(32,X'5C859A81478F8FEE3198EAB2217D0624',20779);
INSERT INTO "seen" VALUES(32,X'6DE0516FFDC82A11A715C1DBEA2304AB',20779);
INSERT INTO "seen" VALUES(32,X'73B3557BD6741E8D55B8B8B0AB7C31AB',20779);
INSERT INTO "seen" VALUES(32,X'89078CC029AD131FEB71AC651AC787B0',20779);
INSERT INTO "seen" VALUES(32,X'AB4C1EE0BA8C61DF83049124DD28CC28',20779);
INSERT INTO "seen" VALUES(32,X'FA2A85FC43284580058F8F27027F1BCF',20779);
INSERT INTO "seen" VALUES(33,X'47C8C499A2123DD5E4CD527D5003DCF9',20779);
INSERT INTO "seen" VALUES(33,X'D2AA391B947026B10BD80F801DFCED11',20779);
INSERT INTO "seen" VALUES(33,X'D815520698BE717D7DEB2257B3F0DE85',20779);
INSERT INTO "seen" VALUES(34,X'405ED8AF35619A89E0A134AF24FF9977',20779);
INSERT INTO "seen" VALUES(34,X'81343FA4C8901732761316B5D71B3078',20779);
INSERT INTO "seen" VALUES(34,X'E388A94DEE45C7AF1D2953627E3B7DD2',20779);
INSERT INTO "seen" VALUES(35,X'2BFBBD2CA34C3A9D0337B538BC326A15',20779);
INSERT INTO "seen" VALUES(35,X'48A080C38333F979E06C4061B242E68F',20779);
INSERT INTO "seen" VALUES(35,X'81ADD5BF6228A0FCF274337172B395AE',20779);
INSERT INTO "seen" VALUES(35,X'C6F7111E68D7453AE9E772B0C2B98C9E',20779);
INSERT INTO "seen" VALUES(36,X'48A080C38333F979E06C4061B242E68F',20779);
INSERT INTO "seen" VALUES(36,X'81ADD5BF6228A0FCF274337172B395AE',20779);
INSERT INTO "seen" VALUES(36,X'A55375E3E5F67F7899385613640C1A91',20779);
INSERT INTO "seen" VALUES(36,X'C6F7111E68D7453AE9E772B0C2B98C9E',20779);
INSERT INTO "seen" VALUES(37,X'150F85E94B5EA7FB6206651795061F7E',20779);
INSERT INTO "seen" VALUES(37,X'391BFA60B8E1D2519531B78D2BCB9703',20779);
INSERT INTO "seen" VALUES(37,X'60384AED8B5089BAC43A08FA17CA212A',20779);
INSERT INTO "seen" VALUES(37,X'E05C37BAE97E687A19396D73EBA78B5F',20779);
INSERT INTO "seen" VALUES(38,X'391BFA60B8E1D2519531B78D2BCB9703',20779);
INSERT INTO "seen" VALUES(38,X'58274292CFF497C398465362EC87023D',20779);
INSERT INTO "seen" VALUES(38,X'60384AED8B5089BAC43A08FA17CA212A',20779);
INSERT INTO "seen" VALUES(38,X'E05C37BAE97E687A19396D73EBA78B5F',20779);
CREATE TABLE source (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	address TEXT NOT NULL, 
	address_changed INTEGER NOT NULL, 
	title TEXT NOT NULL, 
	etag TEXT NOT NULL, 
	last_modified TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	cursor TEXT NOT NULL, 
	state TEXT NOT NULL, 
	error TEXT NOT NULL, 
	failures INTEGER NOT NULL, 
	failing_since BIGINT, 
	moved_to TEXT NOT NULL, 
	moved_times INTEGER NOT NULL, 
	last_poll_at BIGINT, 
	last_batch_at BIGINT, 
	last_batch_size INTEGER NOT NULL, 
	due BIGINT NOT NULL, 
	asked_until BIGINT, 
	lease_owner TEXT, 
	lease_until BIGINT, host TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT pk_source PRIMARY KEY (id), 
	CONSTRAINT uq_source_name UNIQUE (name)
);
INSERT INTO "source" VALUES(1,'own-none-dated','https://own-none-true.example/feed',0,'','','','','','ok','',0,NULL,'',0,1795351051000000,1795351051000000,3,1795351951000000,NULL,NULL,NULL,'');
INSERT INTO "source" VALUES(2,'own-none-dateless','https://own-none-false.example/feed',0,'','','','','','ok','',0,NULL,'',0,1795351051000000,1795351051000000,3,1795351951000000,NULL,NULL,NULL,'');
INSERT INTO "source" VALUES(3,'home-none-dated','https://home-none-true.example/feed',0,'','','','','','ok','',0,NULL,'',0,1795351051000000,1795351051000000,3,1795351951000000,NULL,NULL,NULL,'');
INSERT INTO "source" VALUES(4,'home-none-dateless','https://home-none-false.example/feed',0,'','','','','','ok','',0,NULL,'',0,1795351051000000,1795351051000000,3,1795351951000000,NULL,NULL,NULL,'');
INSERT INTO "source" VALUES(5,'fragment-link-dated','https://fragment-link-true.example/feed',0,'','','','','','ok','',0,NULL,'',0,1795351051000000,1795351051000000,3,1795351951000000,NULL,NULL,NULL,'');
INSERT INTO "source" VALUES(6,'fragment-link-dateless','https://fragment-link-false.example/feed',0,'','','','','','ok','',0,NULL,'',0,1795351051000000,1795351051000000,3,1795351951000000,NULL,NULL,NULL,'');
INSERT INTO "source" VALUES(7,'query-none-dated','https://query-none-true.example/feed',0,'','','','','','ok','',0,NULL,'',0,1795351051000000,1795351051000000,3,1795351951000000,NULL,NULL,NULL,'');
INSERT INTO "source" VALUES(8,'query-none-dateless','https://query-none-false.example/feed',0,'','','','','','ok','',0,NULL,'',0,1795351051000000,1795351051000000,3,1795351951000000,NULL,NULL,NULL,'');
INSERT INTO "source" VALUES(9,'session-link-dated','https://session-link-true.example/feed',0,'','','','','','ok','',0,NULL,'',0,1795351051000000,1795351051000000,3,1795351951000000,NULL,NULL,NULL,'');
INSERT INTO "source" VALUES(10,'session-link-dateless','https://session-link-false.example/feed',0,'','','','','','ok','',0,NULL,'',0,1795351051000000,1795351051000000,3,1795351951000000,NULL,NULL,NULL,'');
INSERT INTO "source" VALUES(11,'token-none-dated','https://token-none-true.example/feed',0,'','','','','','ok','',0,NULL,'',0,1795351051000000,1795351051000000,3,1795351951000000,NULL,NULL,NULL,'');
INSERT INTO "source" VALUES(12,'token-none-dateless','https://token-none-false.example/feed',0,'','','','','','ok','',0,NULL,'',0,1795351051000000,1795351051000000,3,1795351951000000,NULL,NULL,NULL,'');
INSERT INTO "source" VALUES(13,'www-none-dated','https://www-none-true.example/feed',0,'','','','','','ok','',0,NULL,'',0,1795351051000000,1795351051000000,3,1795351951000000,NULL,NULL,NULL,'');
INSERT INTO "source" VALUES(14,'www-none-dateless','https://www-none-false.example/feed',0,'','','','','','ok','',0,NULL,'',0,1795351051000000,1795351051000000,3,1795351951000000,NULL,NULL,NULL,'');
INSERT INTO "source" VALUES(15,'slash-none-dated','https://slash-none-true.example/feed',0,'','','','','','ok','',0,NULL,'',0,1795351051000000,1795351051000000,3,1795351951000000,NULL,NULL,NULL,'');
INSERT INTO "source" VALUES(16,'slash-none-dateless','https://slash-none-false.example/feed',0,'','','','','','ok','',0,NULL,'',0,1795351051000000,1795351051000000,3,1795351951000000,NULL,NULL,NULL,'');
INSERT INTO "source" VALUES(17,'amp-none-dated','https://amp-none-true.example/feed',0,'','','','','','ok','',0,NULL,'',0,1795351051000000,1795351051000000,3,1795351951000000,NULL,NULL,NULL,'');
INSERT INTO "source" VALUES(18,'amp-none-dateless','https://amp-none-false.example/feed',0,'','','','','','ok','',0,NULL,'',0,1795351051000000,1795351051000000,3,1795351951000000,NULL,NULL,NULL,'');
INSERT INTO "source" VALUES(19,'counted-none-dated','https://counted-none-true.example/feed',0,'','','','','','ok','',0,NULL,'',0,1795351051000000,1795351051000000,3,1795351951000000,NULL,NULL,NULL,'');
INSERT INTO "source" VALUES(20,'counted-none-dateless','https://counted-none-false.example/feed',0,'','','','','','ok','',0,NULL,'',0,1795351051000000,1795351051000000,3,1795351951000000,NULL,NULL,NULL,'');
INSERT INTO "source" VALUES(21,'none-none-dated','https://none-none-true.example/feed',0,'','','','','','ok','',0,NULL,'',0,1795351051000000,1795351051000000,3,1795351951000000,NULL,NULL,NULL,'');
INSERT INTO "source" VALUES(22,'none-none-dateless','https://none-none-false.example/feed',0,'','','','','','ok','',0,NULL,'',0,1795351051000000,1795351051000000,3,1795351951000000,NULL,NULL,NULL,'');
INSERT INTO "source" VALUES(23,'own-own-dated','https://own-own-true.example/feed',0,'','','','','','ok','',0,NULL,'',0,1795351051000000,1795351051000000,3,1795351951000000,NULL,NULL,NULL,'');
INSERT INTO "source" VALUES(24,'own-own-dateless','https://own-own-false.example/feed',0,'','','','','','ok','',0,NULL,'',0,1795351051000000,1795351051000000,3,1795351951000000,NULL,NULL,NULL,'');
INSERT INTO "source" VALUES(25,'own-link-dated','https://own-link-true.example/feed',0,'','','','','','ok','',0,NULL,'',0,1795351051000000,1795351051000000,3,1795351951000000,NULL,NULL,NULL,'');
INSERT INTO "source" VALUES(26,'own-link-dateless','https://own-link-false.example/feed',0,'','','','','','ok','',0,NULL,'',0,1795351051000000,1795351051000000,3,1795351951000000,NULL,NULL,NULL,'');
INSERT INTO "source" VALUES(27,'own-place-dated','https://own-place-true.example/feed',0,'','','','','','ok','',0,NULL,'',0,1795351051000000,1795351051000000,3,1795351951000000,NULL,NULL,NULL,'');
INSERT INTO "source" VALUES(28,'own-place-dateless','https://own-place-false.example/feed',0,'','','','','','ok','',0,NULL,'',0,1795351051000000,1795351051000000,3,1795351951000000,NULL,NULL,NULL,'');
INSERT INTO "source" VALUES(29,'own-constant-dated','https://own-constant-true.example/feed',0,'','','','','','ok','',0,NULL,'',0,1795351051000000,1795351051000000,3,1795351951000000,NULL,NULL,NULL,'');
INSERT INTO "source" VALUES(30,'own-constant-dateless','https://own-constant-false.example/feed',0,'','','','','','ok','',0,NULL,'',0,1795351051000000,1795351051000000,3,1795351951000000,NULL,NULL,NULL,'');
INSERT INTO "source" VALUES(31,'own-random-dated','https://own-random-true.example/feed',0,'','','','','','ok','',0,NULL,'',0,1795351051000000,1795351051000000,3,1795351951000000,NULL,NULL,NULL,'');
INSERT INTO "source" VALUES(32,'own-random-dateless','https://own-random-false.example/feed',0,'','','','','','ok','',0,NULL,'',0,1795351051000000,1795351051000000,3,1795351951000000,NULL,NULL,NULL,'');
INSERT INTO "source" VALUES(33,'own-permalink-dated','https://own-permalink-true.example/feed',0,'','','','','','ok','',0,NULL,'',0,1795351051000000,1795351051000000,3,1795351951000000,NULL,NULL,NULL,'');
INSERT INTO "source" VALUES(34,'own-permalink-dateless','https://own-permalink-false.example/feed',0,'','','','','','ok','',0,NULL,'',0,1795351051000000,1795351051000000,3,1795351951000000,NULL,NULL,NULL,'');
INSERT INTO "source" VALUES(35,'home-own-dated','https://home-own-true.example/feed',0,'','','','','','ok','',0,NULL,'',0,1795351051000000,1795351051000000,3,1795351951000000,NULL,NULL,NULL,'');
INSERT INTO "source" VALUES(36,'home-own-dateless','https://home-own-false.example/feed',0,'','','','','','ok','',0,NULL,'',0,1795351051000000,1795351051000000,3,1795351951000000,NULL,NULL,NULL,'');
INSERT INTO "source" VALUES(37,'home-place-dated','https://home-place-true.example/feed',0,'','','','','','ok','',0,NULL,'',0,1795351051000000,1795351051000000,3,1795351951000000,NULL,NULL,NULL,'');
INSERT INTO "source" VALUES(38,'home-place-dateless','https://home-place-false.example/feed',0,'','','','','','ok','',0,NULL,'',0,1795351051000000,1795351051000000,3,1795351951000000,NULL,NULL,NULL,'');
CREATE TABLE switch (
	name TEXT NOT NULL, 
	thrown_at BIGINT NOT NULL, 
	note TEXT NOT NULL, 
	CONSTRAINT pk_switch PRIMARY KEY (name)
);
CREATE INDEX ix_source_due ON source (due);
CREATE INDEX ix_entry_key ON entry ("key");
CREATE INDEX ix_delivery_account_settled ON delivery (account, settled_at);
CREATE INDEX ix_delivery_entry_id ON delivery (entry_id);
CREATE INDEX ix_delivery_state_account ON delivery (state, account, due);
CREATE INDEX ix_event_delivery_id ON event (delivery_id);
CREATE INDEX ix_published_delivery_id ON published (delivery_id);
CREATE INDEX ix_source_leased ON source (host) WHERE lease_owner IS NOT NULL;
CREATE INDEX ix_entry_seen_at ON entry (seen_at);
CREATE INDEX ix_delivery_account_queued ON delivery (account, queued_at);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('delivery',82);
COMMIT;
