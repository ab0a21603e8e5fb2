-- What a full portfolio lets wait has its own instant; the portfolio needs none.
ALTER TABLE portfolio DROP COLUMN full_until;
