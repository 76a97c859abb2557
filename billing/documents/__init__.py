"""Documents people keep: invoices, receipts, statements and credit notes, as PDF and as a page.

`facts` reads them, `sheets` puts them into words, `build` sets them on paper, `links` signs their addresses and
`sending` hands them to the inbox. One Sheet makes both the PDF and the page, so that they cannot differ.
"""
