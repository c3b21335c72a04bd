-- Which content a version of a file has; the content lies in the folder of files under its
-- SHA-256. Several versions may have the same one.
CREATE TABLE file_content (
    version TEXT PRIMARY KEY,
    sha256 TEXT NOT NULL,
    size BIGINT NOT NULL,
    media_type TEXT NOT NULL,
    preview TEXT NOT NULL
);
CREATE INDEX file_content_sha256 ON file_content (sha256);
CREATE INDEX file_content_size ON file_content (size);

-- Contents that no version has any more, since when that was first seen.
CREATE TABLE file_unnamed (
    sha256 TEXT PRIMARY KEY,
    since_ms BIGINT NOT NULL
);
