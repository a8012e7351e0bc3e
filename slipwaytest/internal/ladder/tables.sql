-- The tables of the schema and what decides about their rows, as JSON, referenced ones not necessarily first.
-- Names of tables and columns are quoted where SQL asks for it.
WITH tables AS (
    SELECT c.oid, c.relname, c.relkind = 'p' AS partitioned, c.relispartition
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND c.relname <> ALL ($1)
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
)
SELECT json_build_object(
    'name', quote_ident(t.relname),
    'partitioned', t.partitioned,
    'columns', (
        SELECT coalesce(json_agg(json_build_object(
            'name', quote_ident(a.attname),
            'required', a.attnotnull OR y.typnotnull,
            'default', a.atthasdef OR y.typdefault IS NOT NULL,
            'made', a.attidentity <> '' OR a.attgenerated <> '',
            'type', base.typname,
            'category', base.typcategory,
            'kind', base.typtype,
            'modifier', CASE WHEN y.typtype = 'd' THEN y.typtypmod ELSE a.atttypmod END,
            'element', CASE WHEN base.typcategory = 'A' THEN (SELECT typname FROM pg_type WHERE oid = base.typelem) END,
            'parts', (SELECT count(*) FROM pg_attribute p WHERE p.attrelid = base.typrelid AND base.typrelid <> 0 AND p.attnum > 0 AND NOT p.attisdropped),
            'labels', (SELECT json_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = base.oid),
            'domain', CASE WHEN y.typtype = 'd' THEN y.typname END
        ) ORDER BY a.attnum), '[]')
        FROM pg_attribute a
        CROSS JOIN LATERAL (SELECT * FROM pg_type WHERE oid = a.atttypid OFFSET 0) y -- keeps the planner to one look per column
        CROSS JOIN LATERAL (SELECT * FROM pg_type WHERE oid = (
            WITH RECURSIVE below AS (
                SELECT y.oid, y.typtype, y.typbasetype
                UNION ALL
                SELECT b.oid, b.typtype, b.typbasetype FROM below JOIN pg_type b ON below.typtype = 'd' AND b.oid = below.typbasetype
            ) SELECT oid FROM below WHERE typtype <> 'd') OFFSET 0
        ) base
        WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
    ),
    'constraints', (
        SELECT coalesce(json_agg(one), '[]') FROM (
            SELECT json_build_object('name', c.conname, 'kind', c.contype, 'definition', pg_get_constraintdef(c.oid),
                'columns', ARRAY(SELECT quote_ident(attname) FROM unnest(c.conkey) WITH ORDINALITY k(n, i)
                                 JOIN pg_attribute ON attrelid = t.oid AND attnum = k.n ORDER BY k.i),
                'to', CASE WHEN c.contype = 'f' THEN c.confrelid::regclass::text END,
                'to_columns', ARRAY(SELECT quote_ident(attname) FROM unnest(c.confkey) WITH ORDINALITY k(n, i)
                                    JOIN pg_attribute ON attrelid = c.confrelid AND attnum = k.n ORDER BY k.i)) AS one
            FROM pg_constraint c WHERE c.conrelid = t.oid AND c.contype IN ('c', 'f', 'p', 'u', 'x')
            UNION ALL
            SELECT json_build_object('name', i.relname, 'kind', 'u', 'definition', pg_get_indexdef(i.oid),
                'columns', ARRAY(SELECT quote_ident(attname) FROM pg_attribute
                                 WHERE attrelid = t.oid AND attnum > 0 AND (attnum = ANY (x.indkey::int2[]) OR x.indexprs IS NOT NULL)))
            FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
            WHERE x.indrelid = t.oid AND x.indisunique AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.oid)
            UNION ALL
            SELECT json_build_object('name', c.conname, 'kind', 'c', 'definition', pg_get_constraintdef(c.oid), 'columns', ARRAY[quote_ident(a.attname)])
            FROM pg_attribute a JOIN pg_constraint c ON c.contypid = a.atttypid AND c.contype = 'c'
            WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
            UNION ALL
            SELECT json_build_object('name', '', 'kind', 'c', 'definition', p.definition,
                'columns', ARRAY(SELECT quote_ident(a.attname) FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum > 0
                                 AND position(quote_ident(a.attname) IN p.definition) > 0))
            FROM pg_get_partition_constraintdef(t.oid) AS p(definition) WHERE t.relispartition
        ) every
    )
)
FROM tables t
ORDER BY t.relispartition DESC, t.relname
