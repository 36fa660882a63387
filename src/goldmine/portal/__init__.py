"""The portal: pages and an API where marketing pulls lists, works them and gives results back.

The only room that knows Django; it reads releases and the bank's tables, and gives results back to the work folder.
"""
