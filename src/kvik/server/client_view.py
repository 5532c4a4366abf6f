"""A client as Python handlers see it: a window on the loop's own record, good while the handler runs."""



class Client:
    @property
    def resp(self):
        """The protocol it speaks, 2 or 3."""
        return self.c.resp

    @property
    def db(self):
        """The database it has selected."""
        return self.c.db


def view_client(core, c):
    view: Client = Client.__new__(Client)
    view.core = core
    view.c = c
    view.id = c.id
    return view
