# A private bucket for the program, for `make publish` and `mkuserdata --s3`.

resource "aws_s3_bucket" "this" {
  count  = var.create_program_bucket ? 1 : 0
  bucket = var.program_bucket
}

resource "aws_s3_bucket_public_access_block" "this" {
  count                   = var.create_program_bucket ? 1 : 0
  bucket                  = aws_s3_bucket.this[0].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_versioning" "this" {
  count  = var.create_program_bucket ? 1 : 0
  bucket = aws_s3_bucket.this[0].id

  versioning_configuration {
    status = "Enabled"
  }
}
