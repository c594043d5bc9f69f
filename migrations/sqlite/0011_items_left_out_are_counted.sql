-- Items of a feed's last document that were not read are counted: beyond the budget, or broken.
alter table feed add column left_out integer not null default 0;
