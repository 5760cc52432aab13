"""Accounts on servers with the Mastodon API.

`target` is the target itself. It sends through `transport`, judges answers by `responses` and
`rate_limit`, reads them by `entities` and `limits`, writes by `status_params` and `media`, and
finds statuses by `lookup` and `own_statuses`.
"""
