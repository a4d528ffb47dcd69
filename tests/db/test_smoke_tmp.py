async def test_a(database, make, acting):
    import uuid
    acc = uuid.uuid4()
    ag = await make.agent(acc)
    a = await make.automation(acc, ag)
    await make.lead(acc)
    print([dict(r) for r in await database.fetch('select * from automation_executions')])
    print([dict(r) for r in await database.fetch('select * from automations.versions')])
    async with acting(database, 'authenticated', acc) as c:
        assert await c.fetchval('select count(*) from automations') == 1
        rid = await c.fetchval('select public.start_run($1)', a)
        assert rid
        assert await c.fetchval('select cancel_run($1)', rid) == 'cancelled'
async def test_b(postgres15_url): pass
async def test_c(database, connect):
    c = await connect()
    assert await c.fetchval('select 1')==1
