-- Documents that ended the process while they were read are set apart.
--
-- What names such a document: its hash, mixed with the version of the program that it ended.
alter table feed add column quarantined blob check (length(quarantined) = 32);
