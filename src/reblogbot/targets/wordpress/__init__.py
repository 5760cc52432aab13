"""Blogs that run WordPress, by its REST API and an application password.

`target` is the target itself. It sends through `site`, judges answers by `responses`, writes a
post by `content`, and finds posts, images and terms by `posts`, `media` and `terms`. Posts and
images have the names that `slugs` makes of a delivery's identity.
"""
