-- +goose Up
-- The identification level that a sign-in under way was begun for; "" is a
-- row of the program before this one, and demands none.
ALTER TABLE signin_transaction ADD COLUMN min_level TEXT NOT NULL DEFAULT '';

-- The dialect in which an authorization request of the demo came and will be
-- answered; "" is OpenID Connect, and the only one outside of the demo.
ALTER TABLE auth_request ADD COLUMN dialect TEXT NOT NULL DEFAULT '';
