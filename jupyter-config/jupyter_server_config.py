# JupyterLab as `npm start` opens it. It asks nothing outside: no news, no look for a newer version.
c = get_config()  # noqa: F821

c.ServerApp.answer_yes = True
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
c.LabApp.extension_manager = "readonly"
