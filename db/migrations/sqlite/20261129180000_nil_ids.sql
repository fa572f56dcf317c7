-- +goose Up
-- Older releases took the nil UUID as the id of a chat, so there may be one: no id, and no import takes it. Its CHAT_SENT gets
-- a random id, from there the other events about it, and then the chat.
UPDATE `room_events` SET `chat_id` = (
  lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2) || '-8' ||
  substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6))))
WHERE `kind` = 'CHAT_SENT' AND `chat_id` = '00000000-0000-0000-0000-000000000000' AND `room_id` = (SELECT `room_id` FROM `chats` WHERE `id` = '00000000-0000-0000-0000-000000000000');
UPDATE `room_events` SET `chat_id` = (
  SELECT `e`.`chat_id` FROM `chats` AS `c` JOIN `room_events` AS `e` ON `e`.`room_id` = `c`.`room_id` AND `e`.`place` = `c`.`place` WHERE `c`.`id` = '00000000-0000-0000-0000-000000000000')
WHERE `chat_id` = '00000000-0000-0000-0000-000000000000' AND `room_id` = (SELECT `room_id` FROM `chats` WHERE `id` = '00000000-0000-0000-0000-000000000000');
UPDATE `chats` SET `id` = (
  SELECT `e`.`chat_id` FROM `room_events` AS `e` WHERE `e`.`room_id` = `chats`.`room_id` AND `e`.`place` = `chats`.`place`)
WHERE `id` = '00000000-0000-0000-0000-000000000000';

-- +goose Down
-- nothing: what has an id keeps it
SELECT 1;
