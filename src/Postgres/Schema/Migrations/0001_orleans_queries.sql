-- Orleans' ADO.NET providers read the text of every query that they send from here. Name and columns of this table, names of the queries and their
-- parameters, and the columns that they answer with are what the providers ask for; the rest is this project's.
CREATE TABLE OrleansQuery (
    QueryKey text PRIMARY KEY,
    QueryText text NOT NULL
);
